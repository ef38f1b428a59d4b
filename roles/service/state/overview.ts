import { clusterAssertion } from '../../../lib/resources/assertion.ts'
import { statesOf } from '../../../lib/resources/members.ts'
import { describeDevice } from '../../../lib/resources/proc-drbd.ts'
import type { ClusterAssertion, Member } from '../../../lib/resources/resource.ts'
import { differsBy } from '../../../lib/resources/verdict.ts'
import type { Context } from '../../role.ts'
import { peerOf, vipAddress } from '../../role.ts'
import { headline, whyUnread } from './headline.ts'
import { withNextStep } from './next-step.ts'
import { hostDifferences, linkDifferences, nfsdDifferences, pairDifferences, serviceDifferences } from './problems.ts'
import type { ServiceState } from './state.ts'
import { serviceProbe } from './state.ts'
import { surroundingDifferences } from './surrounding-differences.ts'
import { isMixed } from './versions.ts'

/** One row a question, one column a node: that is how two nodes are compared at a glance. */
const rowsOf = (members: Member<ServiceState>[], vip: string): string[][] => {
  const row = (title: string, answer: (s: ServiceState) => string): string[] => [
    title,
    ...members.map(m => (m.reading.kind === 'present' ? answer(m.reading.state) : whyUnread(m))),
  ]
  const fullest = (s: ServiceState, of: 'used' | 'inodes') => `${Math.max(0, ...s.space.map(d => d[of]))}%`
  const some = (answer: (s: ServiceState) => string) => members.some(m => m.reading.kind === 'present' && answer(m.reading.state) !== '-')
  const maintenance = (s: ServiceState) => (s.maintenance === undefined ? '-' : s.maintenance || 'yes')
  const running = (s: ServiceState) => s.lock || '-'
  return [
    row(`virtual IP ${vip}`, s => (s.vip ? 'HERE' : '-')),
    row('heartbeat', s => (s.heartbeat ? (s.stable ? 'running' : 'running, in transition') : 'stopped')),
    row('links to the peer', s => [...s.links, ...s.unplugged.map(nic => `${nic} unplugged`)].join(', ') || '-'),
    row('DRBD', s => (s.device ? describeDevice(s.device) : 'no device')),
    row('out of sync', s => (s.device ? `${s.device.outOfSync} KiB` : '-')),
    row('mounted', s => (s.mounted ? (s.readOnly ? 'read-only' : 'yes') : '-')),
    row("clients' state", s => s.state || '-'),
    row('exported', s => (s.exported ? 'yes' : '-')),
    row('nfsd threads', s => (s.nfsd > 0 ? String(s.nfsd) : '-')),
    row('nfsd scope', s => s.nfs?.scope.replace(/^is /, '') ?? '-'),
    row('nfsd client tracking', s => (s.nfs ? (s.nfs.tracked ? 'nfsdcld' : 'fallen back') : '-')),
    row('space / inodes used', s => `${fullest(s, 'used')} / ${fullest(s, 'inodes')}`),
    row('pending handlers', s => s.pending.join(', ') || '-'),
    ...(isMixed(statesOf(members)) ? [row('system (an upgrade is under way)', s => s.system)] : []),
    ...(some(maintenance) ? [row('maintenance', maintenance)] : []),
    ...(some(running) ? [row('a play runs', running)] : []),
  ]
}

/** A play of `hosts: all` has clients among its members, and one that `--limit` leaves out is not a node that was not read. */
const nodesAmong = (members: Member<ServiceState>[], { cluster }: Context): Member<ServiceState>[] =>
  members.filter(m => cluster.nodes.some(n => n.name === m.host))

/** Everything that is read of the service, judged with the nodes that answer. Shown by `status.yml`, watched by `drift`. */
export const overview = (context: Context): ClusterAssertion<ServiceState> =>
  clusterAssertion('state of the service', {
    allowMissing: true,
    probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
    compare(all) {
      const { vars } = context
      const members = nodesAmong(all, context)
      const silent = members.filter(m => m.reading.kind !== 'present')
      const missing = silent.map(m => m.host)
      const states = statesOf(members)
      const unasked = silent.map(m => withNextStep({ attribute: 'node', host: m.host, from: whyUnread(m), to: 'read' }))
      return differsBy([
        ...unasked,
        ...serviceDifferences(states, vars.ha_stage, missing),
        ...linkDifferences(states),
        ...nfsdDifferences(states, vars),
        ...hostDifferences(states, vars),
        ...pairDifferences(states),
        ...surroundingDifferences(states, vars),
      ])
    },
    table(all) {
      const members = nodesAmong(all, context)
      return {
        title: `${context.cluster.name}: ${headline(members, context.vars.ha_stage)}`,
        columns: ['', ...members.map(m => m.host)],
        rows: rowsOf(members, vipAddress(context.vars)),
      }
    },
  })
