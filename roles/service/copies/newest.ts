import { relationTo } from '../drbd/adoption.ts'
import type { NamedCopy } from './copy.ts'

export interface Newest {
  /** The node with the newest copy; undefined when both are the same, or when it cannot be determined. */
  host?: string
  /** Each node has written data that the other does not have. */
  isSplit?: true
  why: string
}

const isConnected = ({ device }: NamedCopy): boolean =>
  /^(Connected|Sync|PausedSync|Verify|WFBitMap|WFSyncUUID)/.test(device?.connection ?? '')

/** Pure: which copy is the newest, and why. `missing`: nodes that were not read. */
export const newestOf = (copies: NamedCopy[], missing: string[]): Newest => {
  const [one, two] = copies
  if (!one) return { why: 'no copy could be read' }
  const active = copies.filter(c => c.vip)
  if (active.length === 1 && active[0]) return { host: active[0].host, why: `${active[0].host} serves` }
  if (!two) return alone(one, missing[0] ?? 'the other node')
  return isConnected(one) && isConnected(two) ? connected(one, two) : apart(one, two)
}

/** What a single node knows. Without a connection, DRBD calls a copy UpToDate only if it knows that the other one is not. */
const alone = (copy: NamedCopy, other: string): Newest => {
  const { host, device, generation } = copy
  if (device?.disk === 'UpToDate' || generation?.peerOutdated)
    return { host, why: `${host} knows that it continued without ${other}: the copy of ${other} is outdated` }
  if (device?.disk === 'Outdated') return { host: other, why: `the copy of ${host} is Outdated: ${other} continued without it` }
  if (device?.disk === 'Consistent')
    return {
      why: `the copy of ${host} is Consistent: it was in sync when the nodes were last connected, but it is not known whether ${other} continued without it`,
    }
  return { why: `the copy of ${host} is ${device?.disk ?? 'not in DRBD'}` }
}

const connected = (one: NamedCopy, two: NamedCopy): Newest => {
  const good = [one, two].filter(c => c.device?.disk === 'UpToDate')
  if (good.length === 2) return { why: 'DRBD is connected, and both copies are UpToDate: they are the same' }
  const [newest] = good
  const [other] = [one, two].filter(c => c !== newest)
  if (!newest || !other) return { why: `DRBD is connected, and no copy is UpToDate: ${one.device?.disk} and ${two.device?.disk}` }
  return { host: newest.host, why: `DRBD is connected and copies from ${newest.host}: ${other.host} is ${other.device?.disk}` }
}

/** Without a connection the generation identifiers decide, as in DRBD's own handshake. */
const apart = (one: NamedCopy, two: NamedCopy): Newest => {
  const [own, its] = [one.generation, two.generation]
  if (!own || !its) return { why: `the metadata of ${own ? two.host : one.host} cannot be read` }
  if (own.consistent !== its.consistent) {
    const [good, bad] = own.consistent ? [one, two] : [two, one]
    return { host: good.host, why: `the copy of ${bad.host} is Inconsistent: a synchronisation did not finish` }
  }
  const relation = relationTo(own.uuids, its.uuids)
  if (relation === 'newer')
    return { host: one.host, why: `the generation of ${two.host} (${its.uuids.current}) is in the history of ${one.host}` }
  if (relation === 'older')
    return { host: two.host, why: `the generation of ${one.host} (${own.uuids.current}) is in the history of ${two.host}` }
  if (relation === 'unrelated')
    return {
      isSplit: true,
      why: 'neither generation is in the history of the other: each node has written data that the other does not have',
    }
  for (const [flag, what] of [
    ['peerOutdated', 'knows that the other copy is outdated'],
    ['crashedPrimary', 'was Primary when it lost power, and has written last'],
  ] as const)
    if (own[flag] !== its[flag]) {
      const host = own[flag] ? one.host : two.host
      return { host, why: `both have the generation ${own.uuids.current}, and ${host} ${what}` }
    }
  return { why: `both have the generation ${own.uuids.current}: they are the same` }
}
