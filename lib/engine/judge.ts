import type { Reading } from '../resources/reading.ts'
import type { AnyHostResource } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import { outcomeOf } from './outcome.ts'
import type { ClusterSession, HostSession } from './session.ts'

/** The same host, but records whose readings are requested. */
export const askingHost = (host: HostSession, asked: Set<string>): HostSession => {
  const peek: HostSession['readings']['peek'] = id => {
    asked.add(id)
    return host.readings.peek(id)
  }
  return { ...host, readings: { ...host.readings, peek } }
}

/** The outcome of a reading: nothing to do, a difference to repair, or why neither is known. */
export const judge = (
  resource: AnyHostResource,
  reading: Reading<unknown>,
  host: HostSession,
  session: Pick<ClusterSession, 'check' | 'predicted' | 'drift'>,
): Outcome => {
  const isRead = reading.kind === 'present' || reading.kind === 'absent'
  return outcomeOf(isRead ? resource.compare(reading, host.readings.peek) : reading, resource, [host.host], session)
}
