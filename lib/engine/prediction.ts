import type { Resource } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import type { ClusterSession } from './session.ts'

type Checking = Pick<ClusterSession, 'check' | 'drift' | 'predicted'>

/** Records that a check predicts a change. A drift run predicts nothing: it reports what differs now. */
export const predict = (session: Checking, hosts: string[], id: string): void => {
  if (!session.check || session.drift) return
  for (const host of hosts) session.predicted.set(host, (session.predicted.get(host) ?? new Set()).add(id))
}

/** Whether a check predicts a change of this resource on one of the hosts. */
export const isPredicted = ({ check, predicted }: Checking, hosts: string[], id: string): boolean =>
  check && hosts.some(host => predicted.get(host)?.has(id) === true)

/** The outcome of a judgement in a check: it is void when what it read is about to change. */
export const asPredicted = (
  { dependsOn, assertion }: Pick<Resource, 'dependsOn' | 'assertion'>,
  now: Outcome,
  hosts: string[],
  session: Checking,
): Outcome => {
  if (!session.check || session.drift) return now
  const isRefusal = now.status === 'failed'
  if (dependsOn === undefined) return isRefusal && session.predicted.size > 0 ? waiting('the changes above', now) : now
  const cause = dependsOn.find(id => isPredicted(session, hosts, id))
  if (cause === undefined || (assertion && now.status === 'ok')) return now
  return waiting(cause, isRefusal ? now : undefined)
}

const waiting = (what: string, now: Outcome | undefined): Outcome => ({
  status: 'unknown',
  changes: [],
  reason: `waits for ${what}${now ? `: now ${now.error?.message ?? ''}` : ''}`,
})
