import { setTimeout as delay } from 'node:timers/promises'
import { blocksOf } from '../../resources/blocks.ts'
import type { DrbdDevice } from '../../resources/proc-drbd.ts'
import { describeDevice, minorOf, parseProcDrbd } from '../../resources/proc-drbd.ts'
import type { Connection } from '../../resources/resource.ts'
import type { EndState } from '../scenario/catalogue.ts'
import type { PairSettings } from './settings.ts'
import { vipAddress } from './settings.ts'

/** The state of one node, read with few forks: it is read every second during the clients' work. */
export interface NodeState {
  host: string
  vip: boolean
  mounted: boolean
  nfsd: boolean
  /** heartbeat runs, and no switchover is in progress */
  settled: boolean
  device: DrbdDevice | undefined
}

const script = (vars: PairSettings): string => `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
echo "@addr"; ip -o -4 addr show
echo "@mount"; while read -r d m _; do [ "$d $m" = "${vars.drbd_device} ${vars.nfs_export_path}" ] && echo yes; done < /proc/mounts
echo "@nfsd"; for c in /proc/[0-9]*/comm; do read -r n 2>/dev/null < "$c" && [ "$n" = nfsd ] && { echo yes; break; }; done
echo "@rsc"; cl_status rscstatus 2>/dev/null
echo "@drbd"; while IFS= read -r l; do echo "$l"; done 2>/dev/null < /proc/drbd
:`

/** Pure. */
export const parseNode = (host: string, stdout: string, vars: PairSettings): NodeState => {
  const blocks = blocksOf(stdout)
  const says = (name: string) => (blocks[name] ?? '').trim()
  return {
    host,
    vip: says('addr').includes(` inet ${vipAddress(vars)}/`),
    mounted: says('mount') === 'yes',
    nfsd: says('nfsd') === 'yes',
    settled: /^(all|local|foreign|none)$/.test(says('rsc')),
    device: parseProcDrbd(blocks.drbd ?? '').devices.find(d => d.minor === minorOf(vars.drbd_device)),
  }
}

/** Leaves out a node that is not asked (no power, frozen) or does not answer: its state is unknown. */
export const observe = async (connections: Connection[], vars: PairSettings): Promise<NodeState[]> => {
  const states = connections.map(async connection => {
    const answer = connection.run(script(vars), { timeout: 8_000 }).then(
      ({ stdout }) => parseNode(connection.host, stdout, vars),
      () => undefined,
    )
    return Promise.race([answer, delay(10_000, undefined, { ref: false })])
  })
  return (await Promise.all(states)).filter(s => s !== undefined)
}

export const serves = (state: NodeState, stage: PairSettings['ha_stage']): boolean =>
  state.vip && (stage === 'vip' || (state.mounted && state.nfsd))

/** Pure: the end state, seen from the node that was active; undefined while none of the four applies. `nodes`: how many can be asked. */
export const endStateOf = (states: readonly NodeState[], holder: string, stage: PairSettings['ha_stage']): EndState | undefined => {
  const holders = states.filter(s => serves(s, stage)).map(s => s.host)
  if (holders.length > 1) return 'split'
  if (holders.length === 0) return states.some(s => s.vip || s.mounted) ? undefined : 'none'
  return holders[0] === holder ? 'stays' : 'moved'
}

/** Pure: what keeps the pair from being healthy: one node active, the other standby, both in sync. Empty when it is healthy. */
export const notWhole = (states: readonly NodeState[], hosts: readonly string[], stage: PairSettings['ha_stage']): string[] => {
  const holders = states.filter(s => serves(s, stage))
  return [
    ...hosts.filter(h => !states.some(s => s.host === h)).map(h => `${h} does not answer`),
    ...states.filter(s => !s.settled).map(s => `heartbeat has not settled on ${s.host}`),
    ...(holders.length === 1 ? [] : [`the service is on ${holders.map(s => s.host).join(' and ') || 'no node'}`]),
    ...states.filter(s => !holders.includes(s) && (s.vip || s.mounted)).map(s => `part of the service is on ${s.host}`),
    ...(stage === 'vip' ? [] : states.flatMap(deviceProblem)),
  ]
}

const deviceProblem = ({ host, device }: NodeState): string[] =>
  device?.connection === 'Connected' && device.disk === 'UpToDate' && device.peerDisk === 'UpToDate'
    ? []
    : [`DRBD on ${host}: ${device ? describeDevice(device) : 'no device'}`]

/**
 * Pure: a standby whose copy still counts as good although the other node continues without it, so it could become active with old data.
 */
export const unmarkedIn = (states: readonly NodeState[]): string | undefined => {
  const alone = states.find(s => s.device?.role === 'Primary' && s.device.peerRole === 'Unknown' && s.device.peerDisk === 'Outdated')
  return states.find(s => alone && s !== alone && s.device?.role === 'Secondary' && s.device.disk === 'UpToDate')?.host
}

/** Pure: after a split brain has settled, the node that is not active; undefined while there is no choice to make. */
export const victimOf = (states: readonly NodeState[], stage: PairSettings['ha_stage']): string | undefined => {
  const isSplit = states.some(s => s.device?.connection === 'StandAlone')
  const [loser, ...others] = states.filter(s => !serves(s, stage))
  return isSplit && states.length === 2 && states.every(s => s.settled) && loser && others.length === 0 && !loser.mounted
    ? loser.host
    : undefined
}

/** `M2 serves, Connected Primary/Secondary UpToDate/UpToDate`: for the report. Pure. */
export const describeNodes = (states: readonly NodeState[], stage: PairSettings['ha_stage']): string => {
  const holders = states.filter(s => serves(s, stage))
  const [device] = [...holders, ...states].flatMap(s => (s.device ? [s.device] : []))
  if (states.length === 0) return 'no node answered'
  const who = holders.length === 0 ? 'nobody serves' : `${holders.map(s => s.host).join(' and ')} serve${holders.length === 1 ? 's' : ''}`
  return device ? `${who}, ${describeDevice(device)}` : who
}
