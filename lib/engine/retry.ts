import { setTimeout as delay } from 'node:timers/promises'
import type { Resource } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import type { ClusterSession, HostSession } from './session.ts'

/** ms between a bad reading and the next one, and how long a drift run waits in total for a cluster to become good. */
const pause = 3_000
const limit = 15_000

type Session = Pick<ClusterSession, 'drift' | 'rereadUntil' | 'signal'>

/**
 * In a drift run a bad outcome is read again before it is reported: a switchover, a reconnect or a late heartbeat takes seconds and is not
 * drift. The first bad outcome starts a time limit for the whole cluster; later ones are read at least once more. Differences that a run
 * would repair do not disappear by themselves, so once more is enough. In other runs only an assertion with a settle time is retried.
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
