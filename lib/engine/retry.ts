import { setTimeout as delay } from 'node:timers/promises'
import type { Resource } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import type { ClusterSession, HostSession } from './session.ts'

/** ms from a bad reading to the next one, and how long a drift run gives a cluster altogether to turn out well. */
const pause = 3_000
const limit = 15_000

type Session = Pick<ClusterSession, 'drift' | 'rereadUntil' | 'signal'>

/**
 * In a drift run a bad outcome is read again before it is reported: a hand-over, a reconnect or a late heartbeat takes seconds and is no drift.
 * The first bad one starts a time limit that the whole cluster shares; what comes after it is read at least once more. What a run would repair does
 * not repair itself, so once more is enough for it. In other runs only an assertion with a time to settle is judged again.
 */
export const retryUntilStable = async (
  run: () => Promise<Outcome>,
  hosts: Pick<HostSession, 'readings'>[],
  resource: Pick<Resource, 'id' | 'assertion' | 'settle'>,
  session: Session,
): Promise<Outcome> => {
  let outcome = await run()
  if (!isBad(outcome)) return outcome
  const isFirst = !session.drift || session.rereadUntil === undefined
  const until = deadline(resource, session)
  if (until === undefined) return outcome
  if (isFirst) await wait(session.signal)
  while (isBad(outcome) && !session.signal.aborted) {
    for (const { readings } of hosts) readings.invalidate([resource.id])
    outcome = await run()
    if (outcome.status === 'changed' || Date.now() + pause > until) return outcome
    if (isBad(outcome)) await wait(session.signal)
  }
  return outcome
}

const deadline = ({ assertion, settle }: Pick<Resource, 'assertion' | 'settle'>, session: Session): number | undefined => {
  if (session.drift) {
    session.rereadUntil ??= Date.now() + limit
    return session.rereadUntil
  }
  return assertion && settle !== undefined ? Date.now() + settle : undefined
}

const wait = (signal: AbortSignal) => delay(pause, undefined, { signal }).catch(() => undefined)

const isBad = ({ status }: Outcome): boolean => status !== 'ok' && status !== 'skipped'
