import { shownOf } from '../../../roles/service/state/overview.ts'
import type { Event, EventBody } from '../../engine/events.ts'
import { notRead } from '../../resources/reading.ts'
import type { Plan } from './plan.ts'

/** Follows a run, to report afterwards the clusters whose state it did not show. */
export interface StatusSeen {
  on(event: Event): void
  /**
   * A table and a status for each cluster of which no node was read: "not known" is an answer too. Nothing after an interruption, nor for a
   * cluster whose nodes answered but whose run failed before it read the state: a reachable node must not look unreachable.
   */
  missing(): (EventBody & { cluster: string })[]
}

/** `plan`: its plays with the role `status` must show a state. */
export const statusSeen = ({ plays }: Plan): StatusSeen => {
  const seen = new Set<string>()
  const why = new Map<string, string>()
  const answered = new Set<string>()
  let isCut = false
  return {
    on(event) {
      if (event.type === 'status' && event.cluster !== undefined) seen.add(event.cluster)
      if (event.type === 'host-ready') answered.add(event.host)
      if (event.type === 'host-unreachable' || (event.type === 'task-end' && event.role === 'identity')) answered.delete(event.host)
      if (event.type === 'host-unreachable') why.set(event.host, 'unreachable')
      if (event.type === 'host-stopped' && !why.has(event.host)) why.set(event.host, event.reason)
      if (event.type === 'interrupted' || event.type === 'internal-error') isCut = true
    },
    missing() {
      const targets = isCut ? [] : plays.filter(play => play.roles.some(r => r.name === 'status')).flatMap(play => play.targets)
      return targets
        .filter(({ cluster }) => !seen.has(cluster.name) && cluster.nodes.length > 0 && !cluster.nodes.some(n => answered.has(n.name)))
        .flatMap(({ cluster, left }) => {
          const members = cluster.nodes.map(({ name: host }) => ({
            host,
            reading: notRead(why.get(host) ?? left.find(l => l.host === host)?.reason ?? 'it was not read'),
          }))
          const { table, status } = shownOf(members, cluster)
          return [
            { type: 'table' as const, ...table, cluster: cluster.name },
            { type: 'status' as const, status, cluster: cluster.name },
          ]
        })
    },
  }
}
