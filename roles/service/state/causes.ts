import type { Problem, ProblemCode } from './problem-codes.ts'

/** Facts about a node besides its problems. */
export interface NodeFacts {
  host: string
  serviceNic: string
  drbdNic: string
  /** Heartbeat runs but hears the other node on no link. */
  hearsNobody: boolean
}

/** The other problems, relative to one problem. */
interface Others {
  /** On the same node. */
  here(code: ProblemCode, item?: string): Problem | undefined
  /** On the other node. */
  there(code: ProblemCode, item?: string): Problem | undefined
  any(code: ProblemCode, item?: string): Problem | undefined
  /** If all nodes of the cluster have it. */
  everywhere(code: ProblemCode): Problem | undefined
  /** If the other node was not read. */
  away(): Problem | undefined
  /** No carrier on DRBD's link, at either end. */
  drbdCable(): Problem | undefined
}

/** The cause of a service problem when the address itself is misplaced, or heartbeat is moving the service. */
const address = (o: Others) => o.any('vip-on-no-node') ?? o.any('vip-on-both-nodes') ?? o.any('heartbeat-in-transition')

/**
 * An isolated node keeps the service, suspended and without the address, until something answers. Stopping it there would be the wrong next
 * step.
 */
const waiting = (o: Others) => o.any('drbd-io-suspended')

/**
 * Causes of each problem, the most likely first. Only true consequences are listed, so that repairing the cause also repairs the problem. A
 * code that is not listed is always a root cause. The order of the codes is irrelevant.
 */
const causes: Partial<Record<ProblemCode, (o: Others, p: Problem, nodes: readonly NodeFacts[]) => Problem | undefined>> = {
  'node-unreachable': (o, p) => maintenanceOf(o, p),
  'node-slow': (o, p) => maintenanceOf(o, p),
  'heartbeat-stopped': (o, p) => maintenanceOf(o, p) ?? o.here('packages-missing', 'heartbeat'),
  'drbd-no-device': o => o.here('packages-missing', 'drbd-utils'),
  'configuration-differs': (o, p) => (/ has none\b/.test(p.from) ? o.any('packages-missing') : undefined),
  'drbd-waiting': o => o.away() ?? o.there('drbd-standalone') ?? o.there('drbd-no-device') ?? o.drbdCable(),
  'drbd-not-up-to-date': o => o.here('drbd-waiting') ?? o.here('drbd-standalone'),
  // The data that the lost disk has missed; reconnecting would copy nothing.
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

/** A node in maintenance is stopped or unreachable on purpose. */
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

/** Pure: the root cause of a problem; the problem itself when it has no cause. */
export const rootOf = (one: Problem, all: readonly Problem[], nodes: readonly NodeFacts[]): Problem => {
  const seen = [one]
  for (let at = one; ; ) {
    const cause = causes[at.code]?.(othersOf(at, all, nodes), at, nodes)
    if (!cause || seen.includes(cause)) return at
    seen.push(cause)
    at = cause
  }
}
