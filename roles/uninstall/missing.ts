import type { Member } from '../../lib/role-api/index.ts'
import { statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { peerSigns } from '../service/copies/peer-signs.ts'
import { whyUnread } from '../service/state/unread.ts'
import type { Installed } from './state.ts'

/**
 * Pure: why the pair is not removed while a node was not read; undefined when it may be. A node that is only down would come back with
 * everything on it, and might serve: the operator must confirm that it is lost, and there must be no sign of it.
 */
export const missingProblem = (members: Member<Installed>[], { vars, cluster }: Context): string | undefined => {
  const lost = vars.uninstall_without
  const states = statesOf(members)
  const isRead = (host: string) => states.some(s => s.host === host)
  const [other] = cluster.nodes.filter(node => !isRead(node.name)).map(node => node.name)
  if (lost !== undefined && isRead(lost)) return `uninstall_without=${lost}: ${lost} answers`
  if (lost !== undefined && lost !== other) return `uninstall_without=${lost}: no missing node of this pair has that name`
  if (other === undefined) return undefined
  const [one] = states
  if (!one) return 'no node was read'
  const member = members.find(m => m.host === other)
  const why = member ? whyUnread(member) : 'it is not part of this run'
  if (why !== 'unreachable') return `${other} was not read: ${why}`
  if (lost === undefined)
    return `${other} is unreachable: start it and run this again, or, if it is lost for good: -e uninstall_without=${other} removes the pair from ${one.host} alone`
  const signs = peerSigns(one)
  return signs.length > 0 ? `${lost} is not lost: ${signs.join(', ')}` : undefined
}
