import type { AnyHostResource, Reading } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import { outcomeOf } from './outcome.ts'
import type { ClusterSession, HostSession } from './session.ts'

/** The same host, which notes whose readings it is asked for. */
export const askingHost = (host: HostSession, asked: Set<string>): HostSession => {
  const peek: HostSession['readings']['peek'] = id => {
    asked.add(id)
    return host.readings.peek(id)
  }
  return { ...host, readings: { ...host.readings, peek } }
}

/** What a reading means: nothing to do, a difference to repair, or why neither can be said. */
export const judge = (
  resource: AnyHostResource,
  reading: Reading<unknown>,
  host: HostSession,
  session: Pick<ClusterSession, 'check' | 'predicted' | 'drift'>,
): Outcome => {
  const isRead = reading.kind === 'present' || reading.kind === 'absent'
  return outcomeOf(isRead ? resource.compare(reading, host.readings.peek) : reading, resource, [host.host], session)
}
