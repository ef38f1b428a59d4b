import type { Member, Reason } from '../../../lib/role-api/index.ts'
import { statesOf } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { type DiskWord, dataBytes, describeMetadata, diskWords, isJustCreated, type Relation, relationTo } from './adoption.ts'
import type { Replica } from './replica.ts'

/**
 * What is done with one node's disk. `ours`: it already is this pair's replica. `volume`: the logical volume on it must be created first.
 * `create`: it is blank. `adopt`: the operator has confirmed the metadata on it. `keep`: the operator has confirmed the file system on it,
 * and the pair is built around that.
 */
export type Fate =
  | { kind: 'ours' | 'volume' | 'create' }
  | { kind: 'adopt'; current: string }
  | { kind: 'keep'; uuid: string; bytes: number }
  | { kind: 'refused'; why: string }

export interface DiskVerdict {
  host: string
  replica: Replica
  fate: Fate
}

interface Words {
  adopt: DiskWord[]
  keep: DiskWord[]
  /** The command that empties a disk and refuses one that is in use. */
  empty(disk: string): string
}

const wordFor = (words: DiskWord[], host: string, { disk, judgement }: Replica, id: string): boolean =>
  words.some(w => w.host === host && (w.disk === disk || w.disk === judgement.device) && w.id === id.toLowerCase())

const texts = (reasons: Reason[]): string => [...new Set(reasons.map(r => r.text))].join('; ')
const of = ({ judgement }: Replica, ...classes: Reason['class'][]): Reason[] => judgement.against.filter(r => classes.includes(r.class))

/** How to release a disk, without any command that writes to it. */
const freed = (reasons: Reason[]): string => {
  const steps = reasons.flatMap(({ text }) => {
    const mount = /^(\S+) is mounted on (\S+)/.exec(text)
    if (mount) return [`umount ${mount[2]}, and take the line of ${mount[2]} or /dev/${mount[1]} out of /etc/fstab`]
    const swap = /^(\S+) is swap in use/.exec(text)
    if (swap) return [`swapoff /dev/${swap[1]}, and take its line out of /etc/fstab`]
    const loop = /is below loop device (\S+)/.exec(text)
    if (loop) return [`losetup -d /dev/${loop[1]}`]
    const resource = /is below DRBD resource (\S+)/.exec(text)
    if (resource) return [`drbdadm down ${resource[1]}`]
    const group = /is part of (dm-\d+) \(device-mapper (\S+)\)/.exec(text)
    if (group) return [`look at \`dmsetup ls --tree\` and deactivate ${group[2]}`]
    const raid = /is part of (md\S+)/.exec(text)
    if (raid) return [`mdadm --stop /dev/${raid[1]}`]
    const process = /is open in (\S+) \(process (\d+)\)/.exec(text)
    return process ? [`end ${process[1]} (process ${process[2]})`] : []
  })
  return [...new Set(steps)].join('; ')
}

/** Why a disk cannot be used, with no advice that would write to it; undefined when it can. */
const unusable = (replica: Replica): string | undefined => {
  const { disk } = replica
  const held = of(replica, 'held')
  if (held.length > 0) return `${disk} is in use: ${texts(held)}. drbd_disk must name a disk that nothing uses`
  const [reason] = of(replica, 'missing', 'small', 'readonly', 'unreadable')
  return reason && `${disk} cannot be used: ${reason.text}`
}

/** Why this node's own replica cannot be used; undefined when it can. */
const taken = (replica: Replica): string | undefined => {
  const held = of(replica, 'held')
  if (held.length > 0)
    return `${replica.disk} is this node's replica, and something else uses it: ${texts(held)}. Free it, then run again: ${freed(held) || 'find out what uses it'}. DRBD does not know what was written to it in the meantime: docs/disks.md`
  const [reason] = of(replica, 'missing', 'small', 'readonly', 'unreadable')
  return reason && `${replica.disk} is this node's replica, and cannot be used: ${reason.text}`
}

const relations: Record<Relation, string> = {
  same: 'It is the same data as on HOST',
  older: 'It is an older copy of the data of HOST, which DRBD would bring up to date',
  newer: 'It is newer than the data of HOST, which DRBD would overwrite with it',
  unrelated: 'It is unrelated to the data of HOST, and DRBD would not connect the two',
}

/** The refusal of a disk with DRBD metadata that this node did not create. */
const foreign = (host: string, replica: Replica, peer: DiskVerdict | undefined, words: Words): string => {
  const { disk, judgement, served } = replica
  const { drbd } = judgement
  if (!drbd) return ''
  const content = texts(of(replica, 'content').filter(r => !/^it holds drbd/.test(r.text)))
  const other = peer?.replica.judgement.drbd
  const relation = other && peer ? `${relations[relationTo(drbd, other)].replace('HOST', peer.host)}. ` : ''
  const word = `${host}:${disk}:${drbd.current}`
  const given = words.adopt.filter(w => w.host === host).map(w => `${w.host}:${w.disk}:${w.id.toUpperCase()}`)
  const stale = given.length > 0 ? ` drbd_adopt=${given.join(',')} does not match.` : ''
  const held = of(replica, 'held')
  const inUse = held.length > 0 && !replica.attached ? ` It is in use: ${texts(held)}.` : ''
  return `${disk} holds ${describeMetadata(drbd)}, which this node did not make. Content: ${content || 'nothing was found'}.${inUse} ${relation}To take it as the data of this pair: -e drbd_adopt=${word}.${stale}${
    served || held.length > 0 ? '' : ` ${emptied(disk, words)}`
  }`
}

const emptied = (disk: string, words: Words): string => `If its content is not needed, empty the whole disk: ${words.empty(disk)}`

/** The refusal of a disk that is not blank and has no DRBD metadata. */
const occupied = (host: string, replica: Replica, words: Words): string => {
  const { disk, judgement, served } = replica
  const found = `${disk} is not blank: ${texts(of(replica, 'content'))}`
  if (served) return `${found}. This node has served, and there is no DRBD metadata on it: is it the right disk? docs/disks.md`
  const keep =
    judgement.ext4?.extents && judgement.drbd === undefined
      ? ` To build the pair around this file system: -e drbd_keep_data=${host}:${disk}:${judgement.ext4.uuid} (docs/disks.md).`
      : ''
  return `${found}.${keep} ${emptied(disk, words)}`
}

/** Why the file system on a disk cannot be kept; undefined when it can. */
const notKept = (replica: Replica): string | undefined => {
  const { disk, judgement } = replica
  const { ext4, size } = judgement
  const rest = of(replica, 'content').filter(r => !/^it holds ext4/.test(r.text))
  if (!ext4?.extents) return `there is no ext4 on ${disk}`
  if (rest.length > 0) return `there is more on ${disk} than the file system: ${texts(rest)}`
  if (!ext4.clean) return `the file system on ${disk} is not clean: e2fsck -f ${disk}`
  if (ext4.bytes > dataBytes(size))
    return `the file system on ${disk} leaves no room for DRBD's metadata at the end of the disk: shrink it with e2fsck -f ${disk} && resize2fs ${disk} ${Math.floor(dataBytes(size) / 4096) * 4}K`
  return undefined
}

/** What is done with one node's disk, regardless of the size of the other. */
const fateOf = (host: string, replica: Replica, peer: DiskVerdict | undefined, words: Words): Fate => {
  const { judgement, attached, served, stamp, group, disk } = replica
  const { drbd } = judgement
  const refused = (why: string): Fate => ({ kind: 'refused', why })
  const other = peer?.replica.judgement.drbd
  if (group !== undefined && group.length > 0)
    return group.includes(judgement.device)
      ? { kind: 'volume' }
      : refused(`the group of drbd_init_lvm exists, but on ${group.join(', ')}, not on ${judgement.device || disk}`)
  if (drbd && drbd.version === 'v08' && group === undefined) {
    const related = other !== undefined && relationTo(drbd, other) !== 'unrelated'
    const ours =
      (/[^0]/.test(stamp) && stamp === drbd.stamp) ||
      (attached && (served || stamp !== '')) ||
      (served && related) ||
      (attached && peer?.replica.attached === true && related) ||
      (attached && isJustCreated(drbd) && of(replica, 'content').length === 0)
    const adopt = wordFor(words.adopt, host, replica, drbd.current) && !isJustCreated(drbd)
    if (attached && (ours || adopt)) return ours ? { kind: 'ours' } : { kind: 'adopt', current: drbd.current }
    if (ours || adopt) {
      const why = taken(replica)
      if (why !== undefined) return refused(why)
      return ours ? { kind: 'ours' } : { kind: 'adopt', current: drbd.current }
    }
    if (!isJustCreated(drbd)) return refused(foreign(host, replica, peer, words))
  }
  if (attached && (served || stamp !== '')) return { kind: 'ours' }
  const kept = judgement.ext4 && wordFor(words.keep, host, replica, judgement.ext4.uuid) ? judgement.ext4 : undefined
  if (!kept && served && drbd) return refused(taken(replica) ?? foreign(host, replica, peer, words))
  const why = unusable(replica)
  if (why !== undefined) return refused(why)
  if (judgement.blank) return group === undefined ? { kind: 'create' } : { kind: 'volume' }
  if (!kept) return refused(occupied(host, replica, words))
  const not = notKept(replica)
  return not === undefined ? { kind: 'keep', uuid: kept.uuid, bytes: kept.bytes } : refused(`drbd_keep_data: ${not}`)
}

const holdsData = ({ fate }: DiskVerdict): boolean => ['ours', 'adopt', 'keep'].includes(fate.kind)

/** Why a blank disk cannot become a copy of the other; undefined when it can, or when that is not known yet. */
const tooSmall = ({ replica, host }: DiskVerdict, other: DiskVerdict): string | undefined => {
  const { size } = replica.judgement
  const its = other.replica.judgement
  const fits = other.fate.kind === 'keep' ? size >= its.size : dataBytes(size) >= (its.drbd?.size ?? 0)
  return fits
    ? undefined
    : `${replica.disk} of ${host} is too small: it has ${size} bytes, and would be a copy of ${other.host}, which has ${its.drbd?.size || its.size}`
}

/** Why two disks that are each acceptable do not make a pair; undefined when they do. */
const together = (one: DiskVerdict, other: DiskVerdict): string | undefined => {
  const [kind, its] = [one.fate.kind, other.fate.kind]
  if (kind === 'keep' && its !== 'create') return `drbd_keep_data keeps the data of ${one.host}, so the disk of ${other.host} must be blank`
  const [own, found] = [one.replica.judgement.drbd, other.replica.judgement.drbd]
  if (kind === 'adopt' && holdsData(other) && own && found && !isJustCreated(found) && relationTo(own, found) === 'unrelated')
    return `the data on ${one.replica.disk} is unrelated to that of ${other.host}: DRBD would not connect them. One of the two disks must be blank`
  if (kind !== 'create') return undefined
  const [size, itsSize] = [one.replica.judgement.size, other.replica.judgement.size]
  if (its === 'create' && size !== itsSize)
    return `${one.replica.disk} has ${size} bytes, the disk of ${other.host} ${itsSize}: the disks of a pair must have the same size`
  return holdsData(other) ? tooSmall(one, other) : undefined
}

/** Pure. What is done with both disks. If one is refused, nothing may be written to either. */
export const judgeDisks = (members: Member<Replica>[], vars: Vars, empty: Words['empty']): DiskVerdict[] => {
  const words = { adopt: diskWords(vars.drbd_adopt), keep: diskWords(vars.drbd_keep_data), empty }
  const read = statesOf(members).map(replica => ({ host: replica.host, replica }))
  const alone = (host: string): DiskVerdict | undefined => {
    const other = read.find(r => r.host !== host)
    return other && { ...other, fate: { kind: 'ours' } }
  }
  const verdicts = read.map(({ host, replica }): DiskVerdict => ({ host, replica, fate: fateOf(host, replica, alone(host), words) }))
  return verdicts.map(verdict => {
    const other = verdicts.find(v => v.host !== verdict.host)
    if (verdict.fate.kind === 'refused' || !other || other.fate.kind === 'refused') return verdict
    const why = together(verdict, other)
    return why === undefined ? verdict : { ...verdict, fate: { kind: 'refused', why } }
  })
}

/** The refusals of both disks. */
export const refusals = (verdicts: DiskVerdict[]): string[] =>
  verdicts.flatMap(({ host, fate }) => (fate.kind === 'refused' ? [`${host}: ${fate.why}`] : []))
