import type { Unreachable } from '../ssh/connection.ts'
import type { ClusterSession } from './session.ts'

/** Marks a host as unreachable for the rest of this play; reports it once. */
export const markUnreachable = (host: string, error: Unreachable, session: ClusterSession): void => {
  session.emit({
    type: 'host-unreachable',
    host,
    message: withoutHost(error.message, host),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
  session.missing.set(host, 'unreachable')
  const lost = session.hosts.get(host)
  if (lost) lost.stopped ??= 'unreachable'
}

/** Pure: removes the host name from the message of an `Unreachable`, for places that show the host anyway. */
export const withoutHost = (message: string, host: string): string =>
  message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message
