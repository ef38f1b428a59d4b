import type { ClusterStatus, Member, Service } from '../../../lib/role-api/index.ts'
import { clock } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import type { ServiceState } from './state.ts'
import { type Known, knownOf, whyUnread } from './unread.ts'

/** `45.2%, 3:20 left`, or the KiB left if DRBD reports no progress. */
export const resyncText = (device: Known['device']): string =>
  device?.sync
    ? `${device.sync.percent}%${device.sync.remaining > 0 ? `, ${clock(device.sync.remaining)} left` : ''}`
    : `${device?.outOfSync ?? 0} KiB left`

/** Why the other node could not take over, from the state of one node; undefined when that shows no reason. */
const lackOf = (node: Known, stage: Vars['ha_stage']): string | undefined => {
  const { host, heartbeat, device } = node
  if (heartbeat === false) return `heartbeat is stopped on ${host}`
  if (stage === 'vip' || !('device' in node)) return undefined
  if (!device) return `DRBD has no device on ${host}`
  if (/^(Sync|PausedSync|WFBitMap|WFSyncUUID)/.test(device.connection)) return `DRBD resynchronises, ${resyncText(device)}`
  if (!/^(Connected|Verify)/.test(device.connection)) return `DRBD on ${host} has no connection to the other node (${device.connection})`
  return device.disk === 'UpToDate' && device.peerDisk === 'UpToDate'
    ? undefined
    : `the copies are ${device.disk} and ${device.peerDisk}, seen from ${host}`
}

/** Whether the other node can take over. `null`: not known. */
export interface Redundancy {
  redundant: boolean | null
  /** Why not. */
  why: string
  /** Since when not, in seconds since 1970 by the clock of the node that was read; undefined when unknown. */
  since?: number | undefined
}

/** Pure: whether the other node can take over, and if not, why not. */
export const redundancyOf = (members: Member<ServiceState>[], stage: Vars['ha_stage']): Redundancy => {
  const nodes = knownOf(members)
  const [lack] = nodes.flatMap(node => lackOf(node, stage) ?? [])
  if (lack !== undefined) return { redundant: false, why: lack, since: sinceOf(nodes) }
  const silent = members.find(m => m.reading.kind !== 'present')
  return silent ? { redundant: null, why: `${silent.host} was not read (${whyUnread(silent)})` } : { redundant: true, why: '' }
}

/** The time of the earliest loss, if it is known exactly. */
const sinceOf = (nodes: Known[]): number | undefined => {
  const times = nodes.flatMap(({ lost }) => [lost?.copy, lost?.heartbeat]).filter(time => time !== undefined)
  const [first] = times.sort((a, b) => a.at - b.at)
  return first?.exact ? first.at : undefined
}

/** `2026-11-30 07:21:15 UTC` */
const moment = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC')

/**
 * Pure: the overall verdict. Degraded means that the service runs, but with problems, or without redundancy: then the next failure stops
 * it.
 */
export const verdictOf = (
  { service, holder }: { service: Service; holder: string | null },
  { redundant, why, since }: Redundancy,
  problems: number,
): ClusterStatus['verdict'] => {
  const lost = { redundant, since: since ?? null }
  if (service === 'not-served') return { state: 'down', ...lost, text: 'down: not served' }
  if (service === 'not-known') return { state: 'not-known', ...lost, text: 'not known whether it is served' }
  if (service === 'on-both') return { state: 'degraded', ...lost, redundant: false, text: 'degraded: both nodes have the virtual IP' }
  const when = since === undefined ? '' : ` since ${moment(since)}`
  if (redundant === false) return { state: 'degraded', ...lost, text: `degraded: ${holder} serves without redundancy${when}: ${why}` }
  if (redundant === null) return { state: 'degraded', ...lost, text: `degraded: ${holder} serves, redundancy is not known: ${why}` }
  if (problems === 0) return { state: 'healthy', ...lost, text: 'healthy' }
  return { state: 'degraded', ...lost, text: `degraded: redundant, with ${problems} problem${problems === 1 ? '' : 's'}` }
}
