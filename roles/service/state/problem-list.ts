import type { Member, StatusCause, StatusProblem } from '../../../lib/role-api/index.ts'
import { statesOf } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { type NodeFacts, rootOf } from './causes.ts'
import { kindOf, type Problem, type ProblemCode, problem, problemCodes } from './problem-codes.ts'
import {
  hostDifferences,
  linkDifferences,
  maintenanceDifferences,
  nfsdDifferences,
  pairDifferences,
  serviceDifferences,
  transitionDifferences,
} from './problems.ts'
import type { NamedState, ServiceState } from './state.ts'
import { surroundingDifferences } from './surrounding-differences.ts'
import { whyUnread } from './unread.ts'
import { resyncText } from './verdict.ts'

/** A problem, reported once for all affected nodes. */
type Told = StatusProblem & { code: ProblemCode }

type Nodes = readonly { name: string; vars: Vars }[]

const unreadCodes: readonly [RegExp, ProblemCode][] = [
  [/^not in --limit$/, 'node-left-out'],
  [/^(unreachable|the connection to .* was lost)$/, 'node-unreachable'],
  [/^no answer within /, 'node-slow'],
]

const unreadProblem = (member: Member<ServiceState>): Problem => {
  const from = whyUnread(member)
  const code = unreadCodes.find(([pattern]) => pattern.test(from))?.[1] ?? 'node-not-understood'
  return problem(code, { attribute: 'node', host: member.host, from, to: 'read' })
}

/** Each of these occurs for some seconds during every hand-over. */
const inHandOver: readonly ProblemCode[] = [
  'vip-on-no-node',
  'drbd-primary-misplaced',
  'mount-misplaced',
  'export-misplaced',
  'nfsd-stopped',
]

/**
 * Pure: every problem of the pair, one for each affected node or item. `members`: only the nodes. A hand-over in progress is not a problem
 * in itself, only if part of the service is missing meanwhile.
 */
export const problemsOf = (members: Member<ServiceState>[], vars: Vars): Problem[] => {
  const states = statesOf(members)
  const silent = members.filter(m => m.reading.kind !== 'present')
  const service = serviceDifferences(
    states,
    vars.ha_stage,
    silent.map(m => m.host),
  )
  return [
    ...silent.map(unreadProblem),
    ...maintenanceDifferences(states),
    ...(service.some(p => inHandOver.includes(p.code)) ? transitionDifferences(states) : []),
    ...service,
    ...linkDifferences(states),
    ...nfsdDifferences(states, vars),
    ...hostDifferences(states, vars),
    ...pairDifferences(states),
    ...surroundingDifferences(states, vars),
  ]
}

/** Pure: activity in progress that needs no action: it is shown, but does not count as a problem. */
export const noticesOf = (members: Member<ServiceState>[]): Problem[] => {
  const states = statesOf(members).filter(s => /^(Sync|PausedSync)/.test(s.device?.connection ?? ''))
  const target = states.find(s => /(Target|T)$/.test(s.device?.connection ?? ''))
  const [one] = target ? [target] : states
  const host = target?.host ?? members.find(m => m.host !== one?.host)?.host
  if (!one || host === undefined) return []
  return [problem('drbd-resync', { attribute: 'DRBD resynchronisation', host, from: resyncText(one.device), to: 'complete' })]
}

const factsOf = ({ name: host, vars }: Nodes[number], states: readonly NamedState[]): NodeFacts => {
  const state = states.find(s => s.host === host)
  return {
    host,
    serviceNic: vars.node_service_nic,
    drbdNic: vars.node_drbd_nic,
    hearsNobody: state?.heartbeat === true && !state.links.some(l => l.endsWith(' up')),
  }
}

/** Codes whose items are grouped into one line per set of nodes, because one action repairs all of them. */
const together: readonly ProblemCode[] = [
  'link-no-carrier',
  'heartbeat-link-down',
  'nfsd-settings',
  'configuration-differs',
  'packages-missing',
]

const unique = (all: (string | undefined)[]): string[] => [...new Set(all.filter(s => s !== undefined && s !== ''))] as string[]

/** A problem that both nodes have in the same way is one group, as are all items of a code in `together`. */
const groupsOf = (problems: readonly Problem[]): Problem[][] => {
  const hostsOf = ({ code, item }: Problem) => unique(problems.filter(p => p.code === code && p.item === item).map(p => p.host)).sort()
  const keyOf = (p: Problem): string[] => {
    if (p.code.startsWith('node-')) return [p.code, p.host ?? '']
    return together.includes(p.code) ? [p.code, ...hostsOf(p)] : [p.code, p.item ?? '', p.from]
  }
  const groups = new Map<string, Problem[]>()
  for (const p of problems) {
    const key = keyOf(p).join('\0')
    groups.set(key, [...(groups.get(key) ?? []), p])
  }
  return [...groups.values()]
}

const toldOf = (group: readonly Problem[]): Told => {
  const [{ code, next }] = group as [Problem]
  const hosts = unique(group.map(p => p.host)).sort()
  const at = hosts.join(' and ') || 'the pair'
  const items = unique(group.map(p => p.item)).sort()
  const [item, from] =
    code === 'nfsd-settings' && items.length > 1
      ? ['nfsd', unique(group.map(p => `${p.item} ${p.from}`)).join(', ')]
      : [items.join(', '), unique(group.map(p => p.from)).join(', ')]
  // `ip ... show dev` takes one NIC; without it, all are shown.
  const command = items.length > 1 ? next.command.replace(/ dev \S+$/, '') : next.command
  return {
    code,
    hosts,
    text: kindOf(code).says({ at, item, from }),
    next: { ...next, command, on: hosts.includes(next.on) ? at : next.on },
  }
}

const isNotice = (code: ProblemCode): boolean => code === 'drbd-resync'

const rankOf = (code: ProblemCode): number => problemCodes.indexOf(code)
const byRank = (one: Told, other: Told): number => rankOf(one.code) - rankOf(other.code)

/** Pure: the causes, each with its consequences: a dead node is one cause, not twelve problems. No problem is left out. */
export const causesOf = (problems: readonly Problem[], members: Member<ServiceState>[], nodes: Nodes): StatusCause[] => {
  const states = statesOf(members)
  const facts = nodes.map(node => factsOf(node, states))
  const roots = new Map(problems.map(p => [p, rootOf(p, problems, facts)]))
  return groupsOf(problems.filter(p => roots.get(p) === p))
    .map(group => {
      const follows = problems.filter(p => roots.get(p) !== p && group.some(cause => cause === roots.get(p)))
      return { ...toldOf(group), consequences: groupsOf(follows).map(toldOf).sort(byRank) }
    })
    .sort(byRank)
    .map(cause => ({ ...cause, severity: isNotice(cause.code) ? 'notice' : 'problem' }))
}
