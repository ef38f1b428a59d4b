import type { ClusterNodes, Plan } from '../../lib/role-api/index.ts'
import { describeDevice, failedScript, isSyncing, minorOf, planOf, refused } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { copyProblems } from '../service/drbd/copy-source.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import { holds } from '../service/hand-over.ts'
import { maintenanceProblems } from '../service/maintenance-mark.ts'
import type { Vars } from '../vars.ts'
import type { NamedNode } from './state.ts'

const look = 'run nfsha-play status.yml first'

/** Pure: why this node cannot do without its disk for a while. */
const moveProblems = (here: NamedNode, other: NamedNode): string[] => {
  if (holds(here)) return [`${here.host} holds the service, or part of it: nfsha-play switchover first, or move the disk of ${other.host}`]
  if (!other.vip) return [`${other.host} does not serve: ${look}`]
  return [
    ...maintenanceProblems([here, other]),
    ...[here, other].flatMap(n =>
      n.heartbeat ? (n.stable ? [] : [`a hand-over is under way on ${n.host}`]) : [`heartbeat does not run on ${n.host}`],
    ),
    ...copyProblems(other),
    ...linkProblems(here),
  ]
}

const linkProblems = ({ host, device }: NamedNode): string[] => {
  if (!device) return [`DRBD has no device on ${host}. On ${host}: drbdadm adjust`]
  if (isSyncing(device)) return [`DRBD is busy on ${host} (${describeDevice(device)}): run it again when it is done`]
  return device.connection === 'Connected' ? [] : [`DRBD on ${host} is ${describeDevice(device)}: it must be connected`]
}

/**
 * The guard is in the same script: a node that has become Primary or lost its peer in the meantime keeps its disk. Throws `ApplyFailed`.
 */
const detach = async (nodes: ClusterNodes, host: string, { attached }: NamedNode, vars: Vars): Promise<void> => {
  const result = await nodes.on(host).connection.run(
    withDrbd(
      vars,
      `grep -q '^ *${minorOf(vars.drbd_device)}: cs:Connected ro:Secondary/Primary ds:[A-Za-z]*/UpToDate ' /proc/drbd || { cat /proc/drbd >&2; exit 1; }
drbdadm detach ${vars.drbd_resource}`,
    ),
    { timeout: 120_000 },
  )
  if (result.code !== 0)
    throw failedScript(`detaching ${attached} on ${host}`, result, 'nothing was written; run nfsha-play status.yml first')
  nodes.remark(`${attached} of ${host} is left unchanged, with the copy as of now`)
}

/** Pure: detaches the old disk while the other node serves; role drbd-init does the rest. */
export const planMove = (nodes: NamedNode[], node: string, { vars, cluster }: Pick<Context, 'vars' | 'cluster'>): Plan => {
  const [here, other] = [nodes.find(n => n.host === node), nodes.find(n => n.host !== node)]
  if (!here || !other) return refused(`ha_move_disk=${node}: the cluster has the nodes ${cluster.nodes.map(n => n.name).join(' and ')}`)
  // Already moved, or another name of the same disk.
  if (here.isDeclared) return planOf([])
  const problems = moveProblems(here, other)
  if (problems.length > 0) return refused(`the disk of ${node} is not moved: ${problems.join('; ')}`)
  return planOf([
    here.attached !== '' && {
      name: `detach ${here.attached} on ${node}`,
      changes: [
        {
          attribute: `disk of ${node}`,
          from: here.attached,
          to: `none; then ${here.declared}, a full copy of ${other.host}. ${node} cannot take over until then, and ${here.attached} is left as it is`,
        },
      ],
      run: on => detach(on, node, here, vars),
    },
  ])
}
