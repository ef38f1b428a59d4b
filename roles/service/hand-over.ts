import type { Change, ClusterNodes } from '../../lib/role-api/index.ts'
import { ApplyFailed } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt, vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'
import { hasAddress, settled, untilTrue } from './conditions.ts'
import type { NamedState } from './state/state.ts'
import { serviceProbe } from './state/state.ts'

/**
 * The state of the service on `hosts`. Read only when needed: it is the most expensive probe. Throws `ApplyFailed` when a node's output is
 * incomplete.
 */
export const readService = (nodes: ClusterNodes, context: Context, hosts = nodes.hosts): Promise<NamedState[]> =>
  Promise.all(
    hosts.map(async host => {
      const own = contextAt(context, host)
      const probe = serviceProbe(own)
      const script = `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH\n${probe.sh}`
      const reading = probe.parse({ ...(await nodes.on(host).connection.run(script, { timeout: 60_000 })), at: Date.now() })
      if (reading.kind !== 'present')
        throw new ApplyFailed(`${host} did not report the complete state of the service`, {
          hint: 'nothing was moved; run nfsha-play status.yml first',
        })
      return { host, ...reading.state }
    }),
  )

/**
 * Whether a node holds any part of the service. The virtual IP alone is not enough: it is acquired last and released first, and its address
 * may be about to change.
 */
export const holds = (s: NamedState): boolean => s.vip || s.mounted || s.nfsd > 0 || s.device?.role === 'Primary'

/** Pure: reasons not to move the service to `to` now; empty when clients would hardly notice the move. */
export const handOverProblems = (states: NamedState[], to: string, stage: Vars['ha_stage']): string[] => {
  const target = states.find(s => s.host === to)
  if (!target) return [`${to} was not read`]
  const problems = states.flatMap(s => [
    ...(s.heartbeat ? [] : [`heartbeat does not run on ${s.host}`]),
    ...(s.heartbeat && !s.stable ? [`a hand-over is under way on ${s.host}`] : []),
    ...(s.heartbeat && !s.links.some(l => l.endsWith(' up')) ? [`${s.host} does not hear its peer`] : []),
  ])
  // A takeover needs no disk space, but heartbeat's own programs and later diagnosis may.
  problems.push(...target.space.filter(d => d.short).map(d => `${d.mount} is full on ${to}`))
  if (stage === 'vip') return problems
  // The stop would kill them, but they are somebody's work: before a planned move they can be ended in an orderly way.
  problems.push(...states.flatMap(s => s.holders.map(what => `${s.host}: the volume is in use by ${what}: end that first`)))
  if (target.device?.disk !== 'UpToDate') problems.push(`DRBD is ${target.device?.disk ?? 'not there'} on ${to}`)
  if (target.device && target.device.connection !== 'Connected') problems.push(`DRBD is ${target.device.connection} on ${to}`)
  return problems
}

/** The stage at which the cluster runs. At the first change to `full` it is still `vip`: then there is no DRBD role to hand over. */
export const stageOf = (states: NamedState[], wanted: Vars['ha_stage']): Vars['ha_stage'] => {
  const served = states.map(s => s.served)
  return served.includes('vip') && !served.includes('full') ? 'vip' : wanted
}

/** Pure: links between the nodes that are down. One link is enough to run, but not for a planned move. */
export const linkProblems = (states: NamedState[]): string[] =>
  states.flatMap(s => s.links.filter(l => !l.endsWith(' up')).map(l => `${s.host} reports its link: ${l}`))

/** Pure: the effect on clients of a change that hands the service over once. */
export const moves = (from: string, to: string): Change => ({
  attribute: 'service',
  from,
  to: `handed over to ${to}, once: clients wait for a few seconds`,
})

/** heartbeat's message FIFO (shellfuncs, HA_FIFO). */
const heartbeatFifo = '/var/lib/heartbeat/fifo'

/** Pure: reasons to refuse a planned switchover. */
export const switchoverProblems = (states: NamedState[], to: string, stage: Vars['ha_stage']): string[] => [
  ...handOverProblems(states, to, stage),
  ...linkProblems(states),
]

/**
 * Shell that asks heartbeat to hand everything over, like hb_standby(1) but in one write (printf(1); bash's built-in writes line by line).
 * hb_standby's message arrives in pieces, and on a busy machine heartbeat treats the first piece as the whole message ("Message with zero
 * fields"), so nothing happens. It has a timeout because writing to a FIFO without a reader blocks.
 */
export const goStandby = `timeout 10 sh -c 'env printf ">>>\\nt=ask_resources\\nrsc_hold=all\\ninfo=me\\n<<<\\n" > ${heartbeatFifo}'`

/**
 * Moves the service from the active node to the other one and waits until it is there. heartbeat may ignore the request, so the effect is
 * checked. Throws `ApplyFailed` after 120 s.
 */
export const handOver = async (nodes: ClusterNodes, from: string, to: string, vars: Vars): Promise<void> => {
  nodes.progress({ text: `hand over from ${from} to ${to}` })
  await nodes.on(from).$`sh -c ${goStandby}`
  const has = hasAddress(vipAddress(vars))
  const [came, released] = await Promise.all([
    nodes.on(to).connection.run(untilTrue(`${has} && ${settled}`, 120), { timeout: 180_000 }),
    nodes
      .on(from)
      .connection.run(untilTrue(`! ${has} && ! grep -q '^${vars.drbd_device} ' /proc/mounts && ${settled}`, 120), { timeout: 180_000 }),
  ])
  if (came.code !== 0)
    throw new ApplyFailed(`the service did not come up on ${to} within 120 s of the hand-over`, {
      hint: 'look at nfsha-play status.yml and at the log of heartbeat on both nodes',
    })
  if (released.code !== 0)
    throw new ApplyFailed(`${from} did not release the service within 120 s of the hand-over to ${to}`, {
      hint: `it still has the virtual IP or ${vars.drbd_device} mounted, or heartbeat does not settle: look at nfsha-play status.yml and at the log of heartbeat on ${from}, then run this again`,
    })
}
