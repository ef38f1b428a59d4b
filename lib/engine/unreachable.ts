import type { Unreachable } from '../ssh/connection.ts'
import type { ClusterSession } from './session.ts'

/** Marks a host as unreachable, once and for all of this play. */
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

/** Pure: an `Unreachable` names its host, because it may be shown far from where the host is known. What is shown beside the host does not. */
export const withoutHost = (message: string, host: string): string =>
  message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message
