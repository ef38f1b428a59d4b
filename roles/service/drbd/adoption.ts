import type { DrbdSuperblock } from '../../../lib/role-api/index.ts'

/**
 * `M2:/dev/vdb:6F2C0D1E5B7A9C34`: a confirmation for one disk of one node with its present content. It is not valid for another disk, or
 * for earlier content.
 */
export interface DiskWord {
  host: string
  disk: string
  id: string
}

/** Pure. The pattern of the variable has been validated. */
export const diskWords = (text: string | undefined): DiskWord[] =>
  (text ?? '')
    .split(',')
    .filter(word => word !== '')
    .map(word => {
      const [host = '', disk = '', id = ''] = word.split(':')
      return { host, disk, id: id.toLowerCase() }
    })

/** The lowest bit of a UUID means that the node was Primary (drbd_int.h); 4 means just created. */
const generation = (uuid: string): string => `${uuid.slice(0, -1)}${(Number.parseInt(uuid.slice(-1), 16) & 14).toString(16)}`.toUpperCase()
const meansNothing = /^0*[045]?$/

export const isJustCreated = (found: DrbdSuperblock): boolean => /^0*4$/.test(found.current)

/** The UUIDs that determine the relation of two copies. */
export type Uuids = Pick<DrbdSuperblock, 'current' | 'others'>

const past = (found: Uuids): string[] => found.others.filter(u => !meansNothing.test(u)).map(generation)

/** How the data of one copy relates to that of another, by UUID as in DRBD's handshake (drbd_uuid_compare). */
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
  [8, 'a full synchronisation was in progress'],
]

/** What an operator needs to recognise the metadata, which does not contain the name of its resource. */
export const describeMetadata = (found: DrbdSuperblock): string => {
  const older = found.others.filter(u => !/^0*$/.test(u))
  const flags = flagNames.filter(([bit]) => found.flags & bit).map(([, name]) => name)
  const size = found.size === 0 ? 'never used' : `${found.size} bytes`
  return `DRBD metadata ${found.version}, current UUID ${found.current}, ${older.length > 0 ? `older UUIDs ${older.join(' ')}, ` : ''}${size}, ${flags.join(', ') || 'not consistent'}`
}

/**
 * Bytes of 8.4's internal metadata at the end of a device: superblock, 32 KiB activity log, and a bitmap with one bit per 4 KiB, rounded up
 * to 4 KiB blocks (drbdmeta.c, md_initialize_common, bm_bytes).
 */
export const metadataBytes = (size: number): number => 4096 + 32768 + Math.ceil(Math.ceil(size / 4096 / 8) / 4096) * 4096

/** Bytes left for data on a device of `size` bytes with internal metadata. */
export const dataBytes = (size: number): number => size - (size % 4096) - metadataBytes(size)
