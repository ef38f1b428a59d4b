import type { Vars } from '../vars.ts'
import { type Conflict, type CrossCheck, type Declared, shared } from './conflict.ts'

/** System directories (hier(7)): nothing may be mounted on them or below them. */
const closed = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/lost+found',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/tmp',
  '/usr',
]
/** System directories that contain other directories: a directory of its own below them is fine. */
const open = ['/', '/home', '/media', '/mnt', '/opt', '/srv', '/var', '/var/lib', '/var/local', '/var/opt']
/** Where the nodes and this tool keep their state. */
const state = [
  '/var/backups',
  '/var/cache',
  '/var/lib/apt',
  '/var/lib/dpkg',
  '/var/lib/drbd',
  '/var/lib/heartbeat',
  '/var/lib/nfs',
  '/var/lib/nfsha-play',
]
const logs = ['/var/lib/systemd', '/var/lock', '/var/log', '/var/mail', '/var/run', '/var/spool', '/var/tmp']

const isBelow = (path: string, parent: string) => path === parent || path.startsWith(`${parent}/`)

/** Pure: why nothing may be mounted on a path; undefined when it is fine. */
export const systemDirectory = (path: string): string | undefined => {
  if (open.includes(path)) return `${path} is a system directory`
  const parent = [...closed, ...state, ...logs].find(p => isBelow(path, p))
  if (parent === undefined) return undefined
  return parent === path ? `${path} is a system directory` : `${path} is below ${parent}, a system directory`
}

const exportPath: CrossCheck = cluster => {
  const path = shared(cluster, 'nfs_export_path')
  const why = path && systemDirectory(path.value)
  if (!path || !why) return []
  return [
    {
      host: path.host,
      names: ['nfs_export_path'],
      message: `nfs_export_path: ${why}: the replicated file system would hide its content`,
      hint: 'a directory of its own, such as /data or /srv/nfs',
    },
  ]
}

/** A client may mount over its home directories, but not over what it boots from. */
const clientMount: CrossCheck = ({ clients }) =>
  clients.flatMap(({ host, vars }): Conflict[] => {
    const path = vars.client_mount
    if (path === undefined || (path !== '/' && open.includes(path) && !path.startsWith('/var'))) return []
    const why = systemDirectory(path)
    return why ? [{ host, names: ['client_mount'], message: `client_mount of ${host}: ${why}` }] : []
  })

/** Character devices, directories and links to drives for other media: null(4), mem(4), full(4), random(4), tty(4), fd(4). */
const notDisks =
  /^\/dev\/(null|zero|full|u?random|k?mem|port|console|kmsg|(tty|hidraw|rtc).*|(pts|shm|mqueue|fd|net|input|mapper|disk|block|char)(\/control)?|std(in|out|err)|sr\d+|cdrom|dvd|fd\d+)$/

const drbdDevice = /^\/dev\/(drbd\d+|drbd\/.*)$/

const disksOf = ({ vars }: Declared): { name: keyof Vars; label: string; path: string }[] => [
  ...(vars.drbd_disk === undefined ? [] : [{ name: 'drbd_disk' as const, label: 'drbd_disk', path: vars.drbd_disk }]),
  ...(vars.drbd_init_lvm ? [{ name: 'drbd_init_lvm' as const, label: 'drbd_init_lvm.disk', path: vars.drbd_init_lvm.disk }] : []),
]

/** A disk must be a name below /dev. Whether it is a block device is checked on the node. */
const disks: CrossCheck = ({ nodes }) =>
  nodes.flatMap((node, i) =>
    disksOf(node).flatMap(({ name, label, path }): Conflict[] => {
      if (nodes.slice(0, i).some(other => disksOf(other).some(d => d.name === name && d.path === path))) return []
      const conflict = (why: string) => [{ host: node.host, names: [name], message: `${label}: ${why}` }]
      if (path === node.vars.drbd_device) return conflict(`${path} is drbd_device: the backing disk must be a different device`)
      if (drbdDevice.test(path)) return conflict(`${path} is a DRBD device, which cannot be its own backing disk`)
      if (!path.startsWith('/dev/')) return conflict(`${path} is not a device: devices are below /dev`)
      return notDisks.test(path) ? conflict(`${path} is not a disk`) : []
    }),
  )

export const paths: CrossCheck = cluster => [...exportPath(cluster), ...clientMount(cluster), ...disks(cluster)]
