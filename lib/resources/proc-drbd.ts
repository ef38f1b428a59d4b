import type { Progress } from './resource.ts'

/** One device of /proc/drbd, in the terms of DRBD 8.4 (drbd.conf(5), drbd_proc.c). */
export interface DrbdDevice {
  minor: number
  /** cs: Connected, WFConnection, StandAlone, SyncSource, SyncTarget, ... */
  connection: string
  role: string
  peerRole: string
  disk: string
  peerDisk: string
  /** Flags such as `r-----`; a leading `s` means suspended I/O. */
  flags: string
  /** KiB that are out of sync */
  outOfSync: number
  sync?: { percent: number; speed: number; remaining: number }
}

export interface ProcDrbd {
  version: string
  devices: DrbdDevice[]
}

/** `0:16:07` in seconds */
const seconds = (clock: string): number => clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

const parseSync = (text: string): DrbdDevice['sync'] | undefined => {
  const percent = /(?:sync'ed|verified):\s*([\d.]+)%/.exec(text)?.[1]
  if (percent === undefined) return undefined
  const speed = /speed: ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? '0'
  return { percent: Number(percent), speed: Number(speed) * 1024, remaining: seconds(/finish: ([\d:]+)/.exec(text)?.[1] ?? '0') }
}

/**
 * Pure: parses /proc/drbd. An unconfigured minor has no line, or `cs:Unconfigured`, and is omitted. Without a connection (StandAlone) there
 * is a blank instead of the protocol (drbd_proc.c, drbd_seq_show).
 */
export const parseProcDrbd = (text: string): ProcDrbd => {
  const heads = [...text.matchAll(/^[ \t]*(\d+): cs:(\S+)(?: ro:(\S+?)\/(\S+) ds:(\S+?)\/(\S+) [ABC ] (\S+))?/gm)]
  const devices = heads.flatMap((head, i): DrbdDevice[] => {
    const [, minor = '0', connection = '', role = '', peerRole = '', disk = '', peerDisk = '', flags = ''] = head
    if (connection === 'Unconfigured') return []
    const rest = text.slice(head.index, heads[i + 1]?.index)
    const sync = parseSync(rest)
    const outOfSync = Number(/\boos:(\d+)/.exec(rest)?.[1] ?? 0)
    return [{ minor: Number(minor), connection, role, peerRole, disk, peerDisk, flags, outOfSync, ...(sync && { sync }) }]
  })
  return { version: /^version: (\S+)/m.exec(text)?.[1] ?? '', devices }
}

export const isSyncing = (device: DrbdDevice): boolean =>
  /^(Sync|PausedSync|Verify|WFBitMap|WFSyncUUID|Ahead|Behind)/.test(device.connection)

/** The progress of a running synchronisation. */
export const syncProgress = (device: DrbdDevice): Progress => ({
  text: 'DRBD synchronisation',
  ...(device.sync && { percent: device.sync.percent, speed: device.sync.speed, remaining: device.sync.remaining }),
})

/** `Connected Primary/Secondary UpToDate/UpToDate` */
export const describeDevice = (d: DrbdDevice): string => `${d.connection} ${d.role}/${d.peerRole} ${d.disk}/${d.peerDisk}`

/** The minor number of a device path: /dev/drbd0 is 0, as /proc/drbd names it. */
export const minorOf = (device: string): number => Number(device.replace(/\D+/g, ''))
