import { describeDevice } from '../../lib/resources/proc-drbd.ts'
import type { ClusterResource, Member } from '../../lib/resources/resource.ts'
import type { ServiceState } from '../integrate/service-state.ts'
import { serviceProbe, serviceProblems, statesOf } from '../integrate/service-state.ts'
import type { Context, Role } from '../role.ts'
import { peerOf, vipAddress } from '../role.ts'

/** One row a question, one column a node: that is how two nodes are compared at a glance. */
const rowsOf = (members: Member<ServiceState>[], vip: string): string[][] => {
  const row = (title: string, answer: (s: ServiceState) => string): string[] => [
    title,
    ...members.map(m => (m.reading.kind === 'present' ? answer(m.reading.state) : m.reading.kind === 'unknown' ? m.reading.until : '-')),
  ]
  return [
    row(`virtual IP ${vip}`, s => (s.vip ? 'HERE' : '-')),
    row('heartbeat', s => (s.heartbeat ? (s.stable ? 'running' : 'running, in transition') : 'stopped')),
    row('links to the peer', s => s.links.join(', ') || '-'),
    row('DRBD', s => (s.device ? describeDevice(s.device) : 'no device')),
    row('out of sync', s => (s.device ? `${s.device.outOfSync} KiB` : '-')),
    row('mounted', s => (s.mounted ? 'yes' : '-')),
    row('exported', s => (s.exported ? 'yes' : '-')),
    row('nfsd threads', s => (s.nfsd > 0 ? String(s.nfsd) : '-')),
    row('space / inodes used', s => (s.space ? `${s.space.used} / ${s.space.inodes}` : '-')),
  ]
}

const overview = (context: Context): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: 'state of the service',
  assertion: true,
  partial: true,
  alters: 'itself',
  probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
  changes(members) {
    const missing = members.flatMap(m => (m.reading.kind === 'present' ? [] : [`${m.host} cannot be asked`]))
    const problems = [...missing, ...serviceProblems(statesOf(members), context.vars.ha_stage)]
    return problems.join('\n') || []
  },
  apply: async () => undefined,
  table(members) {
    const holder = statesOf(members).filter(s => s.vip)
    const who = holder.length === 1 ? `${holder[0]?.host} serves` : holder.length === 0 ? 'nobody serves' : 'BOTH hold the virtual IP'
    return {
      title: `${context.cluster.name}: ${who}`,
      columns: ['', ...members.map(m => m.host)],
      rows: rowsOf(members, vipAddress(context.vars)),
    }
  },
})

export const status: Role = {
  name: 'status',
  summary: 'who serves, and how it stands with DRBD, mounts, exports and links',
  steps: c => [overview(c)],
}
