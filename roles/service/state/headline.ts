import type { Member, Service } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import type { ServiceState } from './state.ts'
import { type Known, knownOf, whyUnread } from './unread.ts'

type Stage = Vars['ha_stage']

/** What keeps a node with the virtual IP from serving, and whether everything relevant was read. */
const lacksOf = (node: Known, stage: Stage): { lacks: string[]; isRead: boolean } => {
  const { mounted, nfsd, device } = node
  if (stage === 'vip') return { lacks: [], isRead: true }
  return {
    lacks: [
      ...(mounted === false ? ['the share is not mounted'] : []),
      ...(nfsd === 0 ? ['nfsd does not run'] : []),
      ...(device?.flags.startsWith('s') ? ['DRBD suspends I/O'] : []),
    ],
    isRead: mounted !== undefined && nfsd !== undefined && 'device' in node,
  }
}

/** Pure: whether the service runs, and on which node, as far as that was read. "Not served" requires that every node was read. */
export const serviceOf = (members: Member<ServiceState>[], stage: Stage): { service: Service; holder: string | null } => {
  const known = knownOf(members)
  const [active, second] = known.filter(k => k.vip)
  if (second) return { service: 'on-both', holder: null }
  const isSettled = known.every(k => k.vip !== undefined)
  if (!active) return { service: isSettled ? 'not-served' : 'not-known', holder: null }
  const { lacks, isRead } = lacksOf(active, stage)
  if (lacks.length > 0) return { service: isSettled ? 'not-served' : 'not-known', holder: null }
  return isRead ? { service: 'served', holder: active.host } : { service: 'not-known', holder: null }
}

/**
 * Pure: what the other node knows about one that did not answer. This proves nothing, but an operator must know it before forcing anything.
 */
const seenBy = (other: Known, silent: string): string[] => {
  const { device, links, heartbeat, host } = other
  const hears = links?.some(l => l.endsWith(' up')) ? 'hears it' : 'does not hear it'
  const drbd = !device
    ? `DRBD on ${host} is down`
    : device.peerRole === 'Unknown'
      ? `DRBD on ${host} has no connection to it`
      : `DRBD on ${host} sees ${silent} as ${device.peerRole}`
  return [
    ...('device' in other ? [drbd] : []),
    ...(heartbeat === undefined || links === undefined ? [] : [`heartbeat on ${host} ${heartbeat ? hears : 'is stopped'}`]),
  ]
}

/** `M1 was not read (unreachable)`, `M1 was read in part (no answer within 30 s)` */
const unreadText = (member: Member<ServiceState>): string => {
  const isPart = member.reading.kind === 'unknown' && member.reading.partly !== undefined
  return `${member.host} was ${isPart ? 'read in part' : 'not read'} (${whyUnread(member)})`
}

/**
 * Pure: which node serves, claiming no more than was read. A node that did not answer may be serving, and a wrong "not served" could make
 * an operator force a takeover.
 */
export const headline = (members: Member<ServiceState>[], stage: Stage): string => {
  const known = knownOf(members)
  const silent = members.filter(m => m.reading.kind !== 'present')
  const { service, holder } = serviceOf(members, stage)
  const active = known.find(k => k.vip)
  const rest = silent.map(unreadText)
  if (service === 'on-both') return ['BOTH nodes have the virtual IP', ...rest].join('; ')
  if (service === 'served') return [`served by ${holder}`, ...rest].join('; ')
  const { lacks } = active ? lacksOf(active, stage) : { lacks: [] }
  const why = active ? [`${active.host} has the virtual IP${lacks.length > 0 ? `, but ${lacks.join(' and ')}` : ''}`] : []
  if (service === 'not-served') return `not served${why.length > 0 ? `: ${why.join('')}` : ''}${rest.map(r => `; ${r}`).join('')}`
  const told = known.flatMap(other => silent.filter(m => m.host !== other.host).flatMap(m => seenBy(other, m.host)))
  return `not known: ${[...why, rest.join(', '), told.join(', ')].filter(part => part !== '').join('; ')}`
}
