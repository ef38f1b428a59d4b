import { clusterAssertion } from '../../lib/resources/assertion.ts'
import { removed, writeFile } from '../../lib/resources/file.ts'
import { statesOf } from '../../lib/resources/members.ts'
import type { ClusterAssertion, ClusterResource, Resource, Verdict } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import { differsBy, inSync, refused } from '../../lib/resources/verdict.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import { handOver, handOverProblems } from '../service/hand-over.ts'
import { maintenanceMarker } from '../service/paths.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

const probeOf = (context: Context) => serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name)

/** Pure: what taking the node out of service means now, or why it stays in. */
const draining = (states: NamedState[], node: string, { cluster, vars }: Pick<Context, 'cluster' | 'vars'>): Verdict => {
  const here = states.find(s => s.host === node)
  const other = states.find(s => s.host !== node)
  if (!here || !other) return refused(`ha_maintenance=${node}: the cluster has the nodes ${cluster.nodes.map(n => n.name).join(' and ')}`)
  if (!here.heartbeat && !here.vip) return inSync
  if (!here.vip && !other.vip)
    return refused('the service is on no node: nothing is stopped before that is understood, nfsha-play status.yml')
  const problems = here.vip ? handOverProblems(states, other.host, vars.ha_stage) : []
  if (problems.length > 0) return refused(`the service stays on ${node}: ${problems.join('; ')}`)
  return differsBy([
    ...(here.vip ? [{ attribute: 'service', from: node, to: other.host }] : []),
    { attribute: `heartbeat on ${node}`, from: 'running', to: 'stopped' },
  ])
}

/** Both nodes say that somebody is at work. Drift alarms nothing from then on, so it is not said before the node may really be taken out. */
const marked = (context: Context, node: string): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: `maintenance of ${node} marked`,
  probe: probeOf(context),
  compare(members) {
    const states = statesOf(members)
    const allowed = draining(states, node, context)
    if (allowed.kind === 'refused') return allowed
    const unmarked = states.filter(s => s.maintenance !== node)
    return differsBy(unmarked.map(s => ({ attribute: `mark on ${s.host}`, from: s.maintenance ?? 'none', to: node })))
  },
  async apply(nodes) {
    const mark = { content: `${node}\n`, mode: 0o644, owner: 'root', group: 'root' }
    await Promise.all(nodes.hosts.map(host => writeFile(nodes.on(host).connection, maintenanceMarker, mark)))
  },
})

/** The named node holds nothing and its heartbeat is stopped: it can be rebooted, opened or upgraded. */
const drained = (context: Context, node: string): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: `${node} out of service`,
  settle: 30_000,
  probe: probeOf(context),
  compare: members => draining(statesOf(members), node, context),
  async apply(nodes, _changes, members) {
    const states = statesOf(members)
    const other = states.find(s => s.host !== node)
    if (other && states.some(s => s.host === node && s.vip)) await handOver(nodes, node, other.host, context.vars)
    nodes.progress({ text: `stop heartbeat on ${node}` })
    await nodes.on(node).$`${context.platform.commands.stop(context.platform.services.heartbeat)}`
  },
})

const asleep = (states: NamedState[]) => states.filter(s => !s.heartbeat && s.served !== '')

/** Every node of a cluster that has served takes part again. The service stays where it is. */
const back = (context: Context): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: 'all nodes in service',
  settle: 120_000,
  probe: probeOf(context),
  compare: members =>
    differsBy(asleep(statesOf(members)).map(s => ({ attribute: `heartbeat on ${s.host}`, from: 'stopped', to: 'running' }))),
  async apply(nodes, _changes, members) {
    for (const { host } of asleep(statesOf(members))) {
      nodes.progress({ text: `start heartbeat on ${host}` })
      await nodes.on(host).$`${context.platform.commands.start(context.platform.services.heartbeat)}`
    }
  },
})

/** Replication has caught up: until then the node that comes back is no safety for the other. */
const inStep = (context: Context): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: 'replication in step',
  settle: 3_600_000,
  probe: probeOf(context),
  compare(members) {
    const states = statesOf(members)
    const alone = states.find(s => s.device?.connection === 'StandAlone')
    if (alone) return refused(`DRBD is StandAlone on ${alone.host}: that is split brain, playbooks/split-brain.yml mends it`)
    const behind = states.filter(s => s.device?.disk !== 'UpToDate' || s.device.connection !== 'Connected')
    return differsBy(
      behind.map(s => ({
        attribute: `DRBD on ${s.host}`,
        from: s.device ? `${s.device.connection} ${s.device.disk}` : 'down',
        to: 'Connected UpToDate',
      })),
    )
  },
  async apply(nodes, _changes, members) {
    for (const { host } of statesOf(members).filter(s => !s.device))
      await nodes.on(host).$`${drbdProgram(context.vars, 'drbdadm')} adjust ${context.vars.drbd_resource}`
    nodes.progress({ text: 'wait until DRBD is in step' })
  },
})

/** Nothing to do would read as done. */
const unnamed = ({ cluster }: Context): ClusterAssertion<true> =>
  clusterAssertion('node to take out of service', {
    allowMissing: true,
    probe: { sh: ':', parse: () => present(true) },
    compare: () =>
      refused(
        `which node? Name it: -e ha_maintenance=<node> (${cluster.nodes.map(n => n.name).join(' or ')}), or none to take all back into service`,
      ),
  })

const steps = (context: Context): Resource[] => {
  const { ha_maintenance: node } = context.vars
  if (node === undefined) return [unnamed(context)]
  if (node === 'none') return [inStep(context), back(context), removed(maintenanceMarker)]
  return [marked(context, node), drained(context, node)]
}

export const maintenance: Role = { name: 'maintenance', summary: 'takes a node out of service, or all back in', steps }
