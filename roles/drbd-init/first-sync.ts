import type { ClusterNodes, ClusterResource, DrbdDevice, Member, Probe, Source, Verdict } from '../../lib/role-api/index.ts'
import {
  describeDevice,
  differsBy,
  failedScript,
  inSync,
  isSyncing,
  minorOf,
  parseProcDrbd,
  present,
  probeOf,
  refused,
  shell,
  simple,
  statesOf,
  unknown,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { followSync } from '../service/drbd/follow.ts'
import { drbdPrefix, drbdProgram, withDrbd } from '../service/drbd/tools.ts'
import { procDrbd } from '../service/sources.ts'
import type { Vars } from '../vars.ts'

export interface Replica {
  device: DrbdDevice
  /** `drbdadm get-gi` shows 4 as the current UUID: the metadata was just created, and the device has never held data. */
  justCreated: boolean
  /** Size of the device in bytes. */
  size: number
}

/** The state that every step of the first synchronisation needs. */
export const replicaProbe = (vars: Vars): Probe<Replica> =>
  probeOf([procDrbd, generationOf(vars)], ({ stdout }) => {
    if (!/^version: /.test(stdout)) return unknown('kernel module drbd')
    const minor = minorOf(vars.drbd_device)
    const found = parseProcDrbd(stdout).devices.find(d => d.minor === minor)
    if (!found) return unknown(`DRBD resource ${vars.drbd_resource}`)
    const justCreated = /^@gi 0*4:/m.test(stdout)
    return present<Replica>({ device: found, justCreated, size: Number(/^@size (\d+)$/m.exec(stdout)?.[1] ?? 0) })
  })

const generationOf = (vars: Vars): Source => {
  const sh = `echo "@gi $(drbdadm get-gi ${vars.drbd_resource} 2>/dev/null)"; echo "@size $(blockdev --getsize64 ${vars.drbd_device} 2>/dev/null)"; :`
  return drbdPrefix(vars) === undefined ? simple(sh) : shell(withDrbd(vars, sh))
}

const serveAbove = 100 * 2 ** 30

/** Whether the play waits for the synchronisation, or continues while a large device synchronises. */
const waitsFor = (replicas: { size: number }[], wait: Vars['drbd_init_wait']): boolean =>
  wait === 'sync' || (wait === 'auto' && Math.max(...replicas.map(r => r.size)) <= serveAbove)

/** Pure: what is missing until both nodes hold the same data, or why nothing is changed. */
export const compareReplicas = (members: Member<Replica>[], wait: 'auto' | 'sync' | 'serve'): Verdict => {
  const replicas = statesOf(members)
  const states = replicas.map(r => `${r.host}: ${describeDevice(r.device)}`).join('; ')
  const attribute = 'first synchronisation'
  if (replicas.every(r => r.device.disk === 'Inconsistent' && !isSyncing(r.device))) {
    if (replicas.every(r => r.justCreated)) return differsBy([{ attribute, from: 'never done', to: 'UpToDate on both nodes' }])
    return refused(`both copies are Inconsistent but not new: it is not known which data is good (${states})`)
  }
  const waits = waitsFor(replicas, wait)
  const running = replicas.find(r => isSyncing(r.device))
  if (!running || !waits) return inSync
  return differsBy([{ attribute, from: `running, ${running.device.sync?.percent ?? 0}%`, to: 'UpToDate on both nodes' }])
}

/** The first synchronisation, from the declared node. Only if the metadata was just created on both nodes. */
export const firstSync = ({ cluster, vars }: Context): ClusterResource<Replica> => ({
  scope: 'cluster',
  id: `first synchronisation of ${vars.drbd_resource}`,
  settle: 15_000,
  probe: replicaProbe(vars),
  compare: members => compareReplicas(members, vars.drbd_init_wait),
  async apply(nodes, _changes, members) {
    const [first] = cluster.nodes
    const source = vars.drbd_init_primary ?? first?.name ?? ''
    const fresh = statesOf(members).every(r => r.justCreated)
    if (fresh) await start(nodes, source, vars)
    const waits = waitsFor(statesOf(members), vars.drbd_init_wait)
    if (waits) await followSync(nodes, source, vars.drbd_device)
    if (fresh && waits) await nodes.on(source).$`${drbdProgram(vars, 'drbdadm')} secondary ${vars.drbd_resource}`
  },
})

/** The guard checks both nodes again: first the peer, then the source in the same script as the write. */
const start = async (nodes: ClusterNodes, source: string, vars: Vars): Promise<void> => {
  const { drbd_resource: resource, drbd_device: device } = vars
  const guard = `g=$(drbdadm get-gi ${resource}); case $g in 0000000000000004:*) ;; *) echo "the metadata was not just created: $g" >&2; exit 1 ;; esac
grep -q '^ *${minorOf(device)}: cs:Connected ro:Secondary/Secondary ds:Inconsistent/Inconsistent' /proc/drbd || { cat /proc/drbd >&2; exit 1; }`
  for (const host of [...nodes.hosts.filter(h => h !== source), source]) {
    const write = host === source ? `drbdadm primary --force ${resource}` : ''
    const result = await nodes.on(host).connection.run(withDrbd(vars, `${guard}\n${write}`), { timeout: 60_000 })
    if (result.code !== 0)
      throw failedScript(`starting the first synchronisation on ${host}`, result, 'both sides must be connected and just created')
  }
}
