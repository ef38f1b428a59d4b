import type { ClusterAssertion, Plan, Procedure, Resource, Verdict } from '../../lib/role-api/index.ts'
import { changesOf, clusterAssertion, differsBy, inSync, planOf, present, refused, removed, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import { handOver, handOverProblems } from '../service/hand-over.ts'
import { markMaintenance } from '../service/maintenance-mark.ts'
import { maintenanceMarker } from '../service/paths.ts'
import { startHeartbeatStep } from '../service/start-heartbeat.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** Pure: the changes that take the node out of service, or why it stays in service. */
const draining = (states: NamedState[], node: string, { cluster, vars }: Pick<Context, 'cluster' | 'vars'>): Verdict => {
  const here = states.find(s => s.host === node)
  const other = states.find(s => s.host !== node)
  if (!here || !other) return refused(`ha_maintenance=${node}: the cluster has the nodes ${cluster.nodes.map(n => n.name).join(' and ')}`)
  if (!here.heartbeat && !here.vip) return inSync
  if (!here.vip && !other.vip)
    return refused('the service is on no node: run nfsha-play status.yml to find out why before stopping anything')
  const problems = here.vip ? handOverProblems(states, other.host, vars.ha_stage) : []
  if (problems.length > 0) return refused(`the service stays on ${node}: ${problems.join('; ')}`)
  return differsBy([
    ...(here.vip ? [{ attribute: 'service', from: node, to: other.host }] : []),
    { attribute: `heartbeat on ${node}`, from: 'running', to: 'stopped' },
  ])
}

/**
 * Pure: both nodes are marked, so that drift raises no alarm; then the named node hands the service over and its heartbeat is stopped: it
 * can be rebooted, opened or upgraded. Nothing is marked while the node must stay in service.
 */
const planOut = (states: NamedState[], node: string, context: Context): Plan => {
  const { vars, platform } = context
  const verdict = draining(states, node, context)
  if (verdict.kind !== 'in-sync' && verdict.kind !== 'differs') return verdict
  const unmarked = states.filter(s => s.maintenance !== node)
  const [moved, stopped] = [
    changesOf(verdict).filter(c => c.attribute === 'service'),
    changesOf(verdict).filter(c => c.attribute !== 'service'),
  ]
  const other = states.find(s => s.host !== node)?.host ?? ''
  return planOf([
    unmarked.length > 0 && {
      name: `mark the maintenance of ${node}`,
      changes: unmarked.map(s => ({ attribute: `mark on ${s.host}`, from: s.maintenance ?? 'none', to: node })),
      run: nodes => markMaintenance(nodes, node),
    },
    moved.length > 0 && { name: `hand over to ${other}`, changes: moved, run: nodes => handOver(nodes, node, other, vars) },
    stopped.length > 0 && {
      name: `stop heartbeat on ${node}`,
      changes: stopped,
      run: async nodes => void (await nodes.on(node).$`${platform.commands.stop(platform.services.heartbeat)}`),
    },
  ])
}

const outOfService = (context: Context, node: string): Procedure<ServiceState, string> => ({
  scope: 'cluster',
  id: `${node} out of service`,
  settle: 30_000,
  probe: serviceProbe(context),
  aim: () => node,
  plan: members => planOut(statesOf(members), node, context),
})

/**
 * Pure: first replication catches up, because until then the returning node cannot take over; then heartbeat is started on each node that
 * has been in service. The service stays where it is.
 */
const planBack = (states: NamedState[], { vars, platform }: Context): Plan => {
  const alone = states.find(s => s.device?.connection === 'StandAlone')
  if (alone) return refused(`DRBD is StandAlone on ${alone.host}: perhaps a split brain: nfsha-play split-brain.yml`)
  const behind = states.filter(s => s.device?.disk !== 'UpToDate' || s.device.connection !== 'Connected')
  const stopped = states.filter(s => !s.heartbeat && s.served !== '')
  return planOf([
    behind.length > 0 && {
      name: 'wait until DRBD is in sync',
      settle: 3_600_000,
      changes: behind.map(s => ({
        attribute: `DRBD on ${s.host}`,
        from: s.device ? `${s.device.connection} ${s.device.disk}` : 'down',
        to: 'Connected UpToDate',
      })),
      async run(nodes) {
        for (const { host } of states.filter(s => !s.device))
          await nodes.on(host).$`${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}`
      },
    },
    stopped.length > 0 &&
      startHeartbeatStep(
        stopped.map(s => s.host),
        { platform },
      ),
  ])
}

const backInService = (context: Context): Procedure<ServiceState, undefined> => ({
  scope: 'cluster',
  id: 'all nodes in service',
  settle: 30_000,
  probe: serviceProbe(context),
  aim: () => undefined,
  plan: members => planBack(statesOf(members), context),
})

/** Without a node the play would report success although it did nothing. */
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
  if (node === 'none') return [backInService(context), removed(maintenanceMarker)]
  return [outOfService(context, node)]
}

export const maintenance: Role = { name: 'maintenance', summary: 'takes a node out of service, or all back in', steps }
