import type { Unreachable } from '../ssh/connection.ts'
import type { ClusterSession } from './session.ts'

/** Marks a host as unreachable, once and for all of this play. */
export const markUnreachable = (host: string, error: Unreachable, session: ClusterSession): void => {
  session.emit({ type: 'host-unreachable', host, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) })
  session.missing.set(host, 'unreachable')
  const lost = session.hosts.get(host)
  if (lost) lost.stopped ??= 'unreachable'
}
