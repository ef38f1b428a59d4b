import type { Change, Plan, Step } from '../../lib/role-api/index.ts'
import { planOf, refused } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { handOverProblems, moves } from '../service/hand-over.ts'
import { startHeartbeatStep } from '../service/start-heartbeat.ts'
import { needsLists, needsPackages, needsWork, newerPackages } from './needs.ts'
import type { NamedNode } from './state.ts'
import * as take from './steps.ts'

/** Packages that the roles hold at their version. */
export const heldPackages = ({ platform: { packages } }: Pick<Context, 'platform'>): string[] => [
  ...packages.heartbeat,
  ...packages.drbd,
  ...packages.nfsServer,
]

/** Pure: why the node cannot be taken out of service now. The other one must serve, from a good copy. */
const problemsOf = (node: NamedNode, other: NamedNode, nodes: NamedNode[], { vars }: Context): string[] => {
  if (node.vip) return handOverProblems(nodes, other.host, vars.ha_stage)
  const alone = nodes.find(n => n.device?.connection === 'StandAlone')
  return [
    ...(other.vip && other.nfsd > 0 ? [] : [`${other.host} does not serve`]),
    ...(other.device?.disk === 'UpToDate' ? [] : [`DRBD is ${other.device?.disk ?? 'not there'} on ${other.host}`]),
    ...(alone ? [`DRBD is StandAlone on ${alone.host}`] : []),
  ]
}

/** Pure: the remaining steps to take the node out of service, upgrade it, reboot it, and take it back into service. */
export const planUpgrade = (nodes: NamedNode[], host: string | undefined, context: Context): Plan => {
  const node = nodes.find(n => n.host === host)
  const other = nodes.find(n => n.host !== host)
  if (host === undefined || !node || !other) return planOf([])
  const { upgrade } = node
  const { ha_release: release, drbd_build_method: method } = context.vars
  const ours = heldPackages(contextAt(context, host))
  if (!upgrade) return refused(`${context.platform.name} cannot be upgraded by this tool`)
  if (needsLists(upgrade, release)) return planOf([readLists(nodes, context)])
  if (!needsWork(node, release, ours)) return planOf(node.upgrading ? takeBack(node, nodes, context) : [])
  const out = nodes.find(n => n.maintenance !== undefined)
  if (out && !node.upgrading)
    return refused(`${out.maintenance || 'a node'} is in maintenance: end that first, maintenance.yml -e ha_maintenance=none`)
  if (release !== undefined && release !== upgrade.release && method === 'source')
    return refused('DRBD is built from source here, and the new kernel would have no module: docs/platforms.md')
  const problems = problemsOf(node, other, nodes, context)
  if (problems.length > 0) return refused(`${host} is not taken out of service: ${problems.join('; ')}`)
  return planOf([...takeOut(node, other, nodes, context), ...renew(node, ours, context), ...takeBack(node, nodes, context, true)])
}

const readLists = (nodes: NamedNode[], context: Context): Step => {
  const hosts = nodes.filter(n => n.upgrade && needsLists(n.upgrade, context.vars.ha_release)).map(n => n.host)
  return {
    name: 'read the package lists',
    changes: hosts.map(host => ({
      attribute: `package lists on ${host}`,
      from: 'older than an hour',
      to: 'read, to find newer packages',
    })),
    run: on => take.readLists(on, hosts, context),
  }
}

const takeOut = (node: NamedNode, other: NamedNode, nodes: NamedNode[], context: Context): (Step | false)[] => {
  const { host } = node
  const unmarked = nodes.filter(n => n.maintenance !== host)
  return [
    (unmarked.length > 0 || !node.upgrading) && {
      name: `mark the maintenance of ${host}`,
      changes: nodes.map(n => ({ attribute: `mark on ${n.host}`, from: n.maintenance ?? 'none', to: host })),
      run: on => take.mark(on, host),
    },
    node.vip && {
      name: `hand over to ${other.host}`,
      settle: 120_000,
      changes: [moves(host, other.host)],
      run: on => take.handOverTo(on, host, other.host, context),
    },
    node.heartbeat && {
      name: `stop heartbeat on ${host}`,
      changes: [{ attribute: `heartbeat on ${host}`, from: 'running', to: 'stopped' }],
      run: on => take.stopHeartbeat(on, host, context),
    },
  ]
}

const renew = ({ host, upgrade }: NamedNode, ours: string[], context: Context): (Step | false)[] => {
  if (!upgrade) return []
  const { ha_release: release } = context.vars
  const isOther = release !== undefined && release !== upgrade.release
  const packages = newerPackages(upgrade, ours)
  return [
    isOther &&
      upgrade.sources.length > 0 && {
        name: `package sources of ${host}`,
        changes: upgrade.sources.map(file => ({ attribute: `${file} on ${host}`, from: upgrade.release, to: release })),
        run: on => take.changeSources(on, host, upgrade, release, context),
      },
    needsPackages(upgrade, release, ours) && {
      name: `upgrade the packages of ${host}`,
      settle: 60_000,
      changes: [
        isOther
          ? { attribute: `release of ${host}`, from: upgrade.release, to: release }
          : {
              attribute: `packages of ${host}`,
              from: `${packages.length + upgrade.unfinished.length} to upgrade${named(packages)}`,
              to: 'upgraded',
            },
      ],
      run: on => take.upgradePackages(on, host, ours, context),
    },
    {
      name: `restart ${host}`,
      settle: 60_000,
      changes: [
        { attribute: `running system of ${host}`, from: `booted before the upgrade, kernel ${upgrade.kernel}`, to: 'booted again' },
      ],
      run: on => take.restart(on, host, context),
    },
  ]
}

const named = (packages: string[]): string =>
  packages.length === 0 ? '' : ` (${packages.slice(0, 6).join(', ')}${packages.length > 6 ? `, and ${packages.length - 6} more` : ''})`

/** `isAhead`: the node has yet to be rebooted, after which all steps are needed, whatever its present state. */
const takeBack = (node: NamedNode, nodes: NamedNode[], context: Context, isAhead = false): (Step | false)[] => {
  const { host, device } = node
  const isBehind = device?.disk !== 'UpToDate' || device.connection !== 'Connected'
  const behind: Change = {
    attribute: `DRBD on ${host}`,
    from: device ? `${device.connection} ${device.disk}` : 'down',
    to: 'Connected UpToDate',
  }
  const marked = nodes.filter(n => n.maintenance !== undefined)
  return [
    (isAhead || isBehind) && {
      name: `wait until DRBD is in sync on ${host}`,
      settle: 3_600_000,
      changes: [isAhead ? { ...behind, from: 'behind after the restart' } : behind],
      run: on => take.attach(on, node, context),
    },
    (isAhead || !node.heartbeat) && startHeartbeatStep([host], context),
    (isAhead || !node.stable) && {
      name: `wait until both nodes hear each other`,
      settle: 120_000,
      changes: [{ attribute: `heartbeat on ${host}`, from: 'in transition', to: 'stable' }],
      run: async () => undefined,
    },
    (isAhead || node.upgrading || marked.length > 0) && {
      name: `end the maintenance of ${host}`,
      changes: nodes.map(n => ({ attribute: `mark on ${n.host}`, from: host, to: 'none' })),
      run: on => take.unmark(on, host),
    },
  ]
}
