import type { Problem, ProblemCode } from './problem-codes.ts'

/** What is known of a node beside its problems. */
export interface NodeFacts {
  host: string
  serviceNic: string
  drbdNic: string
  /** Heartbeat runs and hears the other node on no link. */
  hearsNobody: boolean
}

/** The other problems, as seen from one of them. */
interface Others {
  /** On the same node. */
  here(code: ProblemCode, item?: string): Problem | undefined
  /** On the other node. */
  there(code: ProblemCode, item?: string): Problem | undefined
  any(code: ProblemCode, item?: string): Problem | undefined
  /** The same on all nodes of the cluster. */
  everywhere(code: ProblemCode): Problem | undefined
  /** The other node was not read. */
  away(): Problem | undefined
  /** No carrier on the link that DRBD uses, at either end. */
  drbdCable(): Problem | undefined
}

/** Where a service problem comes from when the address itself is in the wrong place, or heartbeat is moving the service. */
const address = (o: Others) => o.any('vip-on-no-node') ?? o.any('vip-on-both-nodes') ?? o.any('heartbeat-in-transition')

/** A node that hears nobody keeps the service, suspended and without its address, until somebody answers it. To stop it there would be the wrong next step. */
const waiting = (o: Others) => o.any('drbd-io-suspended')

/**
 * What each problem follows from, the likeliest first: only what follows of itself, so that repairing the cause repairs it too. A code without a line is
 * always a cause. The order of the codes decides nothing here.
 */
const causes: Partial<Record<ProblemCode, (o: Others, p: Problem, nodes: readonly NodeFacts[]) => Problem | undefined>> = {
  'node-unreachable': (o, p) => maintenanceOf(o, p),
  'node-slow': (o, p) => maintenanceOf(o, p),
  'heartbeat-stopped': (o, p) => maintenanceOf(o, p) ?? o.here('packages-missing', 'heartbeat'),
  'drbd-no-device': o => o.here('packages-missing', 'drbd-utils'),
  'configuration-differs': (o, p) => (/ has none\b/.test(p.from) ? o.any('packages-missing') : undefined),
  'drbd-waiting': o => o.away() ?? o.there('drbd-standalone') ?? o.there('drbd-no-device') ?? o.drbdCable(),
  'drbd-not-up-to-date': o => o.here('drbd-waiting') ?? o.here('drbd-standalone'),
  // What the lost disk has missed; connecting again would copy nothing.
  'drbd-out-of-sync': o => o.any('drbd-diskless'),
  'drbd-io-suspended': o => o.here('drbd-waiting') ?? o.here('drbd-standalone'),
  'link-no-carrier': (o, p, nodes) => (p.item === nodes.find(n => n.host === p.host)?.serviceNic ? undefined : o.away()),
  'heartbeat-link-down': (o, p) => o.away() ?? o.there('heartbeat-stopped') ?? o.any('link-no-carrier', p.item),
  'vip-on-no-node': o => o.everywhere('heartbeat-stopped') ?? o.any('heartbeat-in-transition'),
  'vip-on-both-nodes': (o, _, nodes) =>
    o.any('drbd-standalone') ?? (nodes.some(n => n.hearsNobody) ? (o.any('link-no-carrier') ?? o.any('heartbeat-link-down')) : undefined),
  'drbd-primary-misplaced': o => address(o) ?? waiting(o) ?? o.any('drbd-no-device'),
  'mount-misplaced': o => address(o) ?? waiting(o) ?? o.any('drbd-primary-misplaced'),
  'nfsd-stopped': o => address(o) ?? o.any('mount-misplaced'),
  'nfsd-on-standby': o => address(o) ?? o.here('drbd-io-suspended'),
  'nfsd-scope-unread': o => o.here('drbd-io-suspended') ?? o.here('nfsd-on-standby'),
  'export-misplaced': o => address(o) ?? waiting(o) ?? o.any('mount-misplaced') ?? o.any('nfsd-stopped') ?? o.any('nfsd-on-standby'),
  'ping-node-silent': (o, p, nodes) => o.here('link-no-carrier', nodes.find(n => n.host === p.host)?.serviceNic ?? ''),
}

/** A node in maintenance is stopped or away on purpose. */
const maintenanceOf = (o: Others, p: Problem): Problem | undefined => {
  const marked = o.any('maintenance')
  return marked?.from === p.host ? marked : undefined
}

const othersOf = (one: Problem, all: readonly Problem[], nodes: readonly NodeFacts[]): Others => {
  const find = (code: ProblemCode, item: string | undefined, isThere: (host: string | undefined) => boolean) =>
    all.find(p => p !== one && p.code === code && (item === undefined || p.item === item) && isThere(p.host))
  const others: Others = {
    here: (code, item) => find(code, item, host => host === one.host),
    there: (code, item) => find(code, item, host => host !== one.host),
    any: (code, item) => find(code, item, () => true),
    everywhere: code => {
      const found = nodes.map(n => all.find(p => p.code === code && p.host === n.host))
      return found.every(p => p !== undefined) ? found[0] : undefined
    },
    away: () => others.there('node-unreachable') ?? others.there('node-slow') ?? others.there('node-not-understood'),
    drbdCable: () => {
      const isDrbds = (p: Problem) => nodes.some(n => n.host === p.host && n.drbdNic === p.item)
      return all.find(p => p.code === 'link-no-carrier' && isDrbds(p))
    },
  }
  return others
}

/** Pure: what a problem follows from, at the end of the chain; itself when it follows from none. */
export const rootOf = (one: Problem, all: readonly Problem[], nodes: readonly NodeFacts[]): Problem => {
  const seen = [one]
  for (let at = one; ; ) {
    const cause = causes[at.code]?.(othersOf(at, all, nodes), at, nodes)
    if (!cause || seen.includes(cause)) return at
    seen.push(cause)
    at = cause
  }
}
