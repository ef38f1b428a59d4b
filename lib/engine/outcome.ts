import type { Skipped, Unknown } from '../resources/reading.ts'
import type { Resource } from '../resources/resource.ts'
import type { Change, Verdict } from '../resources/verdict.ts'
import type { Outcome } from './events.ts'
import { asPredicted } from './prediction.ts'
import type { ClusterSession } from './session.ts'

export const ok: Outcome = { status: 'ok', changes: [] }
export const failed = (message: string, hint?: string): Outcome => ({
  status: 'failed',
  changes: [],
  error: hint === undefined ? { message } : { message, hint },
})
export const pending = (reason: string): Outcome => ({ status: 'skipped', changes: [], reason, pending: true })

type Session = Pick<ClusterSession, 'check' | 'predicted' | 'drift'>
type Judged = Pick<Resource, 'assertion' | 'gate' | 'dependsOn'>

/** The meaning of a verdict in this run: nothing to do, a difference to repair, or why neither is known. */
export const outcomeOf = (verdict: Verdict, resource: Judged, hosts: string[], session: Session): Outcome => {
  switch (verdict.kind) {
    case 'unknown':
      return unread(verdict, hosts, session)
    case 'skipped':
      return skippedFor(verdict)
    case 'in-sync':
      return asPredicted(resource, ok, hosts, session)
    case 'refused':
      return asPredicted(resource, failed(verdict.why), hosts, session)
    case 'differs':
      if (resource.gate !== undefined) return gated(verdict.changes, resource.gate, session)
      return asPredicted(resource, resource.assertion ? notAsAsserted(verdict) : differs(verdict.changes), hosts, session)
  }
}

/** Unknown is acceptable in check mode. In a run it is a failure: everything that it could wait for has been done by then. */
const unread = ({ until, why }: Unknown, hosts: string[], session: Session): Outcome => {
  if (session.check)
    return { status: 'unknown', changes: [], reason: why === undefined ? `waits for ${until}` : `could not be read: ${why}` }
  if (why === undefined) return failed(`could not be read: it needs ${until}`)
  return failed(`could not be read: ${why}`, `look: nfsha-play ping -l ${hosts.join(',')}; then run the same command again`)
}

export const skippedFor = ({ reason, pending: isPending }: Skipped): Outcome =>
  isPending ? pending(reason) : { status: 'skipped', changes: [], reason }

const differs = (changes: Change[]): Outcome => ({ status: 'changed', changes })

const notAsAsserted = ({ changes, summary }: { changes: Change[]; summary?: string }): Outcome => ({
  ...failed(summary ?? assertionText(changes)),
  changes,
})

const gated = (changes: Change[], gate: string, session: Session): Outcome =>
  session.check && !session.drift ? { ...differs(changes), reason: gate } : { ...failed(assertionText(changes), gate), changes }

const assertionText = (changes: Change[]): string =>
  changes
    .map(c => `${c.attribute}${c.host ? ` on ${c.host}` : ''}: ${c.from || 'nothing'}${c.to ? `, wanted ${c.to}` : ''}${nextOf(c)}`)
    .join('\n')

/** Differences that no run repairs name the operator's next step. */
const nextOf = ({ remedy }: Change): string => (remedy === undefined ? '' : `; next: ${remedy}`)

/** `mode is still 0644, wanted 0600`: for a second reading that still differs. */
export const stillDiffers = (changes: Change[]): string =>
  changes
    .map(c => (c.secret || c.diff ? `${c.attribute} still differs` : `${c.attribute} is still ${c.from || 'absent'}, wanted ${c.to}`))
    .join('; ')
