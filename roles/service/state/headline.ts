import { statesOf } from '../../../lib/resources/members.ts'
import type { Member } from '../../../lib/resources/resource.ts'
import type { Vars } from '../../vars.ts'
import type { NamedState, ServiceState } from './state.ts'

/** Pure: why a node was not read: `no answer within 30 s`, `unreachable`. */
export const whyUnread = ({ reading }: Member<unknown>): string =>
  reading.kind === 'unknown'
    ? reading.until
        .replace(/^an answer: (?:none came within|it took more than) (\S+ s).*/, 'no answer within $1')
        .replace(/^an answer: /, '')
    : reading.kind === 'skipped'
      ? reading.reason
      : 'it was not read'

/** Pure: what the other node knows of one that did not answer. It is no proof, but whoever forces anything has to know it. */
const seenBy = (other: NamedState, silent: string): string => {
  const { device, links, heartbeat, host } = other
  const heard = links.some(l => l.endsWith(' up'))
  const drbd = !device
    ? `DRBD on ${host} is down`
    : device.peerRole === 'Unknown'
      ? `DRBD on ${host} has no connection to it`
      : `DRBD on ${host} sees ${silent} as ${device.peerRole}`
  return `${drbd}, ${heartbeat ? `heartbeat on ${host} ${heard ? 'hears it' : 'does not hear it'}` : `heartbeat on ${host} is stopped`}`
}

/**
 * Pure: who serves, and no more than was read. A node that did not answer may serve: what makes somebody force a takeover is the word that nobody does.
 */
export const headline = (members: Member<ServiceState>[], stage: Vars['ha_stage']): string => {
  const states = statesOf(members)
  const silent = members.filter(m => m.reading.kind !== 'present')
  const [active, second] = states.filter(s => s.vip)
  if (second) return 'BOTH nodes have the virtual IP'
  if (active) {
    const lacks =
      stage === 'vip' ? [] : [...(active.mounted ? [] : ['the share is not mounted']), ...(active.nfsd > 0 ? [] : ['nfsd does not run'])]
    const rest = silent.map(m => `; ${m.host} was not read (${whyUnread(m)})`).join('')
    return lacks.length > 0
      ? `not served: ${active.host} has the virtual IP, but ${lacks.join(' and ')}${rest}`
      : `served by ${active.host}${rest}`
  }
  if (silent.length === 0) return 'not served'
  const known = states.flatMap(other => silent.map(m => seenBy(other, m.host)))
  return [`not known: ${silent.map(m => `${m.host} was not read (${whyUnread(m)})`).join(', ')}`, ...known].join('; ')
}
