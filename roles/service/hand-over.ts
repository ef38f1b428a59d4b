import type { Change, ClusterNodes } from '../../lib/role-api/index.ts'
import { ApplyFailed } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt, vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'
import { hasAddress, settled, untilTrue } from './conditions.ts'
import type { NamedState } from './state/state.ts'
import { serviceProbe } from './state/state.ts'

/**
 * What all nodes at hand do for the cluster now. Read only when it is about to matter: it is the dearest of all readings. Throws `ApplyFailed` when one has
 * not answered to the end.
 */
export const readService = (nodes: ClusterNodes, context: Context, hosts = nodes.hosts): Promise<NamedState[]> =>
  Promise.all(
    hosts.map(async host => {
      const own = contextAt(context, host)
      const probe = serviceProbe(own)
      const script = `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH\n${probe.sh}`
      const reading = probe.parse({ ...(await nodes.on(host).connection.run(script, { timeout: 60_000 })), at: Date.now() })
      if (reading.kind !== 'present')
        throw new ApplyFailed(`${host} gave no complete answer about the service`, {
          hint: 'nothing was moved; look first: nfsha-play status.yml',
        })
      return { host, ...reading.state }
    }),
  )

/** A node that holds any part of the service: the virtual IP is the last to come and the first to go, and its address may be about to change. */
export const holds = (s: NamedState): boolean => s.vip || s.mounted || s.nfsd > 0 || s.device?.role === 'Primary'

/** Pure: all that speaks against moving the service to `to` now; empty when its clients would hardly notice. */
export const handOverProblems = (states: NamedState[], to: string, stage: Vars['ha_stage']): string[] => {
  const target = states.find(s => s.host === to)
  if (!target) return [`${to} cannot be asked`]
  const problems = states.flatMap(s => [
    ...(s.heartbeat ? [] : [`heartbeat does not run on ${s.host}`]),
    ...(s.heartbeat && !s.stable ? [`a hand-over is under way on ${s.host}`] : []),
    ...(s.heartbeat && !s.links.some(l => l.endsWith(' up')) ? [`${s.host} does not hear its peer`] : []),
  ])
  // A takeover needs none, but heartbeat's own programs and whoever looks afterwards may.
  problems.push(...target.space.filter(d => d.short).map(d => `${d.mount} is full on ${to}`))
  if (stage === 'vip') return problems
  // The stop would end them, but they are somebody's work: who plans to move the service can end them in good order.
  problems.push(...states.flatMap(s => s.holders.map(what => `${s.host} has the volume in use by ${what}: end that first`)))
  if (target.device?.disk !== 'UpToDate') problems.push(`DRBD is ${target.device?.disk ?? 'not there'} on ${to}`)
  if (target.device && target.device.connection !== 'Connected') problems.push(`DRBD is ${target.device.connection} on ${to}`)
  return problems
}

/** The stage that the cluster runs at, which is not yet the wanted one at the first change to `full`: then there is no DRBD role to hand over. */
export const stageOf = (states: NamedState[], wanted: Vars['ha_stage']): Vars['ha_stage'] => {
  const served = states.map(s => s.served)
  return served.includes('vip') && !served.includes('full') ? 'vip' : wanted
}

/** Pure: links between the nodes that are down. One of two is enough to live with, but no time to move the service for convenience. */
export const linkProblems = (states: NamedState[]): string[] =>
  states.flatMap(s => s.links.filter(l => !l.endsWith(' up')).map(l => `${s.host} says of its links: ${l}`))

/** Pure: what a change that hands the service over once means for its clients. */
export const moves = (from: string, to: string): Change => ({
  attribute: 'service',
  from,
  to: `handed over to ${to}, once: clients wait for some seconds`,
})

/** Where heartbeat takes messages (shellfuncs, HA_FIFO). */
const heartbeatFifo = '/var/lib/heartbeat/fifo'

/** Pure: all that a planned switchover is refused for. */
export const switchoverProblems = (states: NamedState[], to: string, stage: Vars['ha_stage']): string[] => [
  ...handOverProblems(states, to, stage),
  ...linkProblems(states),
]

/**
 * Shell that asks heartbeat to hand everything over: what hb_standby(1) does, in one write (printf(1); that of bash writes line by line). That script's
 * message comes in pieces, of which heartbeat takes the first for all on a busy machine ("Message with zero fields"), and nothing happens. Bounded, for
 * a FIFO that nobody reads blocks.
 */
export const goStandby = `timeout 10 sh -c 'env printf ">>>\\nt=ask_resources\\nrsc_hold=all\\ninfo=me\\n<<<\\n" > ${heartbeatFifo}'`

/**
 * Moves everything from its holder to the other node and waits until it is there. It is only a message, which heartbeat may
 * ignore, so the effect is what counts. Throws `ApplyFailed`.
 */
export const handOver = async (nodes: ClusterNodes, from: string, to: string, vars: Vars): Promise<void> => {
  nodes.progress({ text: `hand over from ${from} to ${to}` })
  await nodes.on(from).$`sh -c ${goStandby}`
  const has = hasAddress(vipAddress(vars))
  const [came] = await Promise.all([
    nodes.on(to).connection.run(untilTrue(`${has} && ${settled}`, 120), { timeout: 180_000 }),
    nodes
      .on(from)
      .connection.run(untilTrue(`! ${has} && ! grep -q '^${vars.drbd_device} ' /proc/mounts && ${settled}`, 120), { timeout: 180_000 }),
  ])
  if (came.code !== 0)
    throw new ApplyFailed(`the service did not come up on ${to} within 120 s of the hand-over`, {
      hint: 'look at it: nfsha-play status.yml; and at the log of heartbeat on both nodes',
    })
}
