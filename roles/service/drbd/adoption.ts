import type { DrbdSuperblock } from '../../../lib/role-api/index.ts'

/** `M2:/dev/vdb:6F2C0D1E5B7A9C34`: one disk of one node, and what is on it now. A word that was given for another disk, or for what was on this one before, does not apply. */
export interface DiskWord {
  host: string
  disk: string
  id: string
}

/** Pure. Throws nothing: the pattern of the variable has been checked. */
export const diskWords = (text: string | undefined): DiskWord[] =>
  (text ?? '')
    .split(',')
    .filter(word => word !== '')
    .map(word => {
      const [host = '', disk = '', id = ''] = word.split(':')
      return { host, disk, id: id.toLowerCase() }
    })

/** The lowest bit of a UUID says that the node was Primary (drbd_int.h); 4 is one that was just created. */
const generation = (uuid: string): string => `${uuid.slice(0, -1)}${(Number.parseInt(uuid.slice(-1), 16) & 14).toString(16)}`.toUpperCase()
const meansNothing = /^0*[045]?$/

export const isJustCreated = (found: DrbdSuperblock): boolean => /^0*4$/.test(found.current)

/** All that the relation of two copies depends on. */
export type Uuids = Pick<DrbdSuperblock, 'current' | 'others'>

const past = (found: Uuids): string[] => found.others.filter(u => !meansNothing.test(u)).map(generation)

/** How the data below one metadata stands to that below another: by their UUIDs, as DRBD itself compares them when the nodes meet (drbd_uuid_compare). */
export type Relation = 'same' | 'older' | 'newer' | 'unrelated'

export const relationTo = (found: Uuids, other: Uuids): Relation => {
  if (meansNothing.test(found.current) || meansNothing.test(other.current)) return 'unrelated'
  const [own, its] = [generation(found.current), generation(other.current)]
  if (own === its) return 'same'
  if (past(other).includes(own)) return 'older'
  return past(found).includes(its) ? 'newer' : 'unrelated'
}

/** drbd_meta_data.h of 8.4: MDF_* */
const flagNames: [number, string][] = [
  [1, 'consistent'],
  [16, 'was up to date'],
  [2, 'was Primary'],
  [64, 'was Primary when it went down'],
  [32, 'its peer was outdated'],
  [8, 'a full synchronisation was under way'],
]

/** What an operator needs to recognise it. DRBD's metadata does not have the name of its resource. */
export const describeMetadata = (found: DrbdSuperblock): string => {
  const older = found.others.filter(u => !/^0*$/.test(u))
  const flags = flagNames.filter(([bit]) => found.flags & bit).map(([, name]) => name)
  const size = found.size === 0 ? 'never used' : `${found.size} bytes`
  return `DRBD metadata ${found.version}, current UUID ${found.current}, ${older.length > 0 ? `older UUIDs ${older.join(' ')}, ` : ''}${size}, ${flags.join(', ') || 'not consistent'}`
}

/**
 * Bytes that internal metadata of 8.4 takes at the end of a device: superblock, activity log of 32 KiB, and one bit for each 4 KiB in whole 4 KiB
 * blocks (drbdmeta.c, md_initialize_common, bm_bytes).
 */
export const metadataBytes = (size: number): number => 4096 + 32768 + Math.ceil(Math.ceil(size / 4096 / 8) / 4096) * 4096

/** Bytes of a device of this size that DRBD with internal metadata leaves for data. */
export const dataBytes = (size: number): number => size - (size % 4096) - metadataBytes(size)
