import type { DrbdDevice, Probe, Reading } from '../../../lib/role-api/index.ts'
import { blocksOf, fieldsRead, minorOf, notRead, parseDf, parseDrbdState, present, probeOf } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { peerOf, vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { daemonLines } from '../nfs/daemons.ts'
import { mountdIsOld } from '../nfs/mountd.ts'
import { missingOptions } from '../nfs/reload.ts'
import { servingMark } from '../paths.ts'
import { fileTime, isDaemonAnswer, parseDaemon } from './daemon.ts'
import { type Lost, parseLost } from './lost.ts'
import { servicePieces } from './probe.ts'
import { parseSurroundings, type Surroundings } from './surroundings.ts'

/** The settings of a running nfsd. `lease` and `grace` in seconds. */
export interface NfsdState {
  /** `-3 +4 +4.1 +4.2` */
  versions: string
  lease: number
  grace: number
  /** It tracks its clients with nfsdcld; otherwise it has fallen back to another way and always waits for the whole grace period. */
  tracked: boolean
  /** lockd's grace period and its ports over TCP and UDP: `10 4045 4045`; empty without version 3. */
  lockd: string
  /** `is SCOPE`, or why it cannot be read. */
  scope: string
}

/** Usage of a file system: space and inodes in percent, and whether little is left. */
export interface FileSystemSpace {
  mount: string
  used: number
  inodes: number
  /** Less than 16 MiB (or 5 % of a small one) or fewer than 100 inodes are free: programs that write there are about to fail. */
  short: boolean
}

/** The state of the service on one node. */
export interface ServiceState {
  /** The owner of the lock of a running play; empty when there is none. */
  lock: string
  /** The text of the maintenance marker; undefined when there is none. */
  maintenance: string | undefined
  heartbeat: boolean
  /** heartbeat is up and no hand-over is in progress. */
  stable: boolean
  vip: boolean
  /** NIC and prefix length of the virtual IP, `em1/24`; empty when it is not here. */
  vipAt: string
  device: DrbdDevice | undefined
  mounted: boolean
  readOnly: boolean
  /** The share is mounted here without `nodev` or `nosuid`. */
  exposed: boolean
  /** Where the client state is mounted from: `its own volume`, `the share`, `memory`; empty when it is not mounted. */
  state: string
  fileSystemErrors: number
  /** What keeps the volume from being unmounted, except the service: `mount /data/inner`, `process 12 (sh)`. */
  holders: string[]
  /** A stop of the resource script did not finish. */
  stopFailed: boolean
  nfsd: number
  nfs: NfsdState | undefined
  /**
   * Command lines of nfsdcld, rpc.mountd and rpc.statd, without the program's directory, which systemd includes and our script does not.
   */
  daemons: string[]
  exported: boolean
  /** When the resource script's start finished here, in seconds since 1970 by this node's clock; undefined when the node does not serve. */
  servingSince: number | undefined
  lost: Lost
  /** Exports of the kernel that no file declares: `/data *` */
  foreignExports: string[]
  /** The stage at which this node has been in service; empty if never. Once set, only heartbeat and the operator start the service. */
  served: string
  /** Handlers that the next run of their role would run: `restart heartbeat`. */
  pending: string[]
  /** Status of the links to the peer as heartbeat sees them: `em2 up`. */
  links: string[]
  /** NICs without a carrier. */
  unplugged: string[]
  space: FileSystemSpace[]
  /** What the next boot would do that only the cluster may do, and what it would fail to do. */
  boot: string[]
  /** Conditions around the service that may interrupt it. */
  around: Surroundings
  sums: Record<string, string>
  /** `debian 13`; empty when the host does not provide it. */
  system: string
  /** Versions of the packages of the service. */
  versions: Record<string, string>
}

const linesOf = (text = ''): string[] => text.split('\n').filter(l => l.trim() !== '')
const pairsOf = (lines: string[], key: number, value: number): Record<string, string> =>
  Object.fromEntries(lines.map(l => l.trim().split(/\s+/)).map(words => [words[key] ?? '', words[value] ?? '']))

/** The probe for the state of the service on one node. It refers to the peer by its name in heartbeat. */
export const serviceProbe = (context: Context): Probe<ServiceState> => {
  const { vars, platform } = context
  const minor = String(minorOf(vars.drbd_device))
  const parse = ({ stdout }: { stdout: string }): Reading<ServiceState> => {
    const blocks = blocksOf(stdout)
    // The last block shows that the script finished.
    const isWhole = blocks.minor?.trim() === minor && isDaemonAnswer(blocks.daemon ?? '')
    return isWhole ? present(parseService(stdout, vars)) : notRead('incomplete output')
  }
  return probeOf(servicePieces(vars, platform, peerOf(context).vars.node_name), parse, {
    timeout: 30_000,
    parsePart: stdout => partOfService(stdout, vars),
  })
}

/** Pure. */
export const parseService = (stdout: string, vars: Vars): ServiceState => {
  const blocks = blocksOf(stdout)
  const block = (name: string) => (blocks[name] ?? '').trim()
  const nfsd = Number(block('nfsd') || 0)
  const vip = vipOf(blocks.addr ?? '', vipAddress(vars))
  const [marker, ...said] = block('maintenance').split('\n')
  const mount = block('mount')
  return {
    lock: linesOf(blocks.lock)[1] ?? '',
    maintenance: marker === 'marked' ? (said[0] ?? '') : undefined,
    heartbeat: block('heartbeat') === 'active',
    stable: /^(all|local|foreign|none)$/.test(block('rsc')),
    vip: vip !== '',
    vipAt: vip,
    device: parseDrbdState(blocks.drbd ?? '', minorOf(vars.drbd_device)),
    mounted: mount !== '',
    exposed: mount !== '' && !['nodev', 'nosuid'].every(o => mount.split(/[ ,]/).includes(o)),
    state: stateOf(block('state'), vars),
    readOnly: /^\S+ \S+ \S+ ro\b/.test(mount),
    fileSystemErrors: Number(block('fs-errors') || 0),
    holders: linesOf(blocks.holders),
    stopFailed: block('stop-failed') !== '',
    nfsd,
    nfs: nfsd > 0 ? nfsdOf(block) : undefined,
    daemons: daemonLines(blocks.daemons ?? '').map(words => words.replace(/^\S*\//, '')),
    servingSince: vip === '' ? undefined : fileTime(blocks.daemon ?? '', servingMark),
    exported: nfsd > 0 && linesOf(blocks.exports).some(l => l.startsWith(`${vars.nfs_export_path}\t`)),
    foreignExports: nfsd > 0 ? foreignExports(blocks.exports ?? '', blocks['export-files'] ?? '') : [],
    served: block('served'),
    pending: [
      ...(parseDaemon(blocks.daemon ?? '').newer.some(path => path.endsWith('/ha.cf')) ? ['restart heartbeat'] : []),
      ...(nfsd > 0 && missingOptions(blocks.exports ?? '', vars).length > 0 ? ['reload exports'] : []),
      ...(vars.ha_stack === 'lean' && mountdIsOld(blocks.daemons ?? '', vars) ? ['restart rpc.mountd'] : []),
    ],
    links: linesOf(blocks.links),
    lost: parseLost(blocks.lost ?? '', parseDrbdState(blocks.drbd ?? '', minorOf(vars.drbd_device))),
    unplugged: linesOf(blocks.carrier).flatMap(l => (l.endsWith(' 1') ? [] : [l.split(' ')[0] ?? ''])),
    space: spaceOf(blocks.space ?? '', blocks.inodes ?? ''),
    boot: bootProblems(block('interfaces'), block('fstab'), vars),
    around: parseSurroundings(blocks, vars),
    sums: pairsOf(linesOf(blocks.sums), 1, 0),
    system: block('system'),
    versions: versionsOf(linesOf(blocks.packages)),
  }
}

/** The installed packages in the output of `platform.commands.versions`, including those that are unpacked but not configured. */
const versionsOf = (lines: string[]): Record<string, string> =>
  pairsOf(
    lines.filter(line => !/^\S+ \S+ (not-installed|config-files) /.test(line)),
    0,
    3,
  )

/**
 * For each field the block whose start shows that all blocks of the field are complete, by the order of the script (probe.ts); of several,
 * the first one that is present. A test truncates the output at every position.
 */
const readBefore: Record<keyof ServiceState, readonly string[]> = {
  lock: ['maintenance'],
  maintenance: ['heartbeat'],
  heartbeat: ['rsc'],
  stable: ['links'],
  links: ['carrier'],
  unplugged: ['addr'],
  vip: ['drbd'],
  vipAt: ['drbd'],
  device: ['mount'],
  mounted: ['state'],
  readOnly: ['state'],
  exposed: ['state'],
  state: ['holders'],
  holders: ['fs-errors'],
  fileSystemErrors: ['stop-failed'],
  stopFailed: ['nfsd'],
  nfsd: ['versions', 'exports'],
  nfs: ['exports'],
  daemons: ['daemons'],
  exported: ['export-files'],
  servingSince: ['drbd'],
  foreignExports: ['served'],
  served: ['lost'],
  pending: ['export-files'],
  lost: ['space'],
  space: ['interfaces'],
  boot: ['answers'],
  around: ['sums'],
  sums: ['system'],
  system: ['minor'],
  versions: ['packages'],
}

/** Further blocks of a field that are separate sources (probe.ts) and present only when they were read completely. */
const madeOf: Partial<Record<keyof ServiceState, readonly string[]>> = {
  servingSince: ['daemon'],
  pending: ['daemon', 'daemons'],
  around: ['superblock'],
}

/** Pure: the fields that are complete in a truncated output. */
const partOfService = (stdout: string, vars: Vars): Partial<ServiceState> => {
  // Drop a truncated last line.
  const text = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  const { daemon = '', ...blocks } = blocksOf(text)
  return fieldsRead(parseService(text, vars), readBefore, isDaemonAnswer(daemon) ? { ...blocks, daemon } : blocks, madeOf)
}

/** From the source of the mount: `/dev/loop0 /run/nfsha/state ext4 ...`. */
const stateOf = (mount: string, vars: Vars): string => {
  if (mount === '') return ''
  if (mount.startsWith('/dev/loop')) return 'its own volume'
  return mount.startsWith(`${vars.drbd_device} `) ? 'the share' : 'memory'
}

const nfsdOf = (block: (name: string) => string): NfsdState => {
  const [lease = '', grace = ''] = block('times').split('\n')
  return {
    versions: block('versions'),
    lease: Number(lease),
    grace: Number(grace),
    tracked: block('tracking') === 'nfsdcld',
    lockd: block('lockd').replaceAll('\n', ' '),
    scope: block('scope') || 'nothing answered',
  }
}

/** `2: em1    inet 192.168.0.219/24 scope global em1` becomes `em1/24`. */
const vipOf = (addresses: string, vip: string): string =>
  linesOf(addresses).flatMap(line => {
    const [, nic, ip, prefix] = /^\d+: (\S+)\s+inet ([\d.]+)\/(\d+)/.exec(line) ?? []
    return ip === vip ? [`${nic}/${prefix}`] : []
  })[0] ?? ''

/** Lines of etab (`/data<TAB>192.168.0.0/24(options)`) whose path and client are together in no file. exports(5). */
const foreignExports = (etab: string, files: string): string[] =>
  linesOf(etab).flatMap(line => {
    const [path = '', client = ''] = line.replace(/\(.*/, '').split(/\t/)
    const declared = linesOf(files).some(l => l.trim().split(/\s+/)[0] === path && l.includes(`${client}(`))
    return declared ? [] : [`${path} ${client}`]
  })

/** Combines df -P and df -Pi of the same file systems; two paths on one file system are one row. */
const spaceOf = (space: string, inodes: string): ServiceState['space'] => {
  const files = new Map(parseDf(inodes).map(row => [row.mountPoint, row]))
  const mounted = new Map(parseDf(space).map(row => [row.mountPoint, row]))
  const percent = (text = '0') => Number.parseInt(text, 10) || 0
  return [...mounted].map(([mount, row]) => {
    const nodes = files.get(mount)
    const isShort =
      Number(row.available) < Math.min(16 * 1024, Number(row.size) / 20) || (Number(nodes?.size) > 0 && Number(nodes?.available) < 100)
    return { mount, used: percent(row.percent), inodes: percent(nodes?.percent), short: isShort }
  })
}

/** Pure: problems in ifupdown's files and fstab(5) at the next boot. Without ifupdown's files, addresses are not checked. */
const bootProblems = (interfaces: string, fstab: string, vars: Vars): string[] => {
  const words = new Set(linesOf(interfaces).flatMap(l => (l.trim().startsWith('#') ? [] : l.trim().split(/[\s/]+/))))
  const planned: [string, string][] = [
    [vars.node_service_nic, vars.node_service_ip],
    [vars.node_heartbeat_nic, vars.node_heartbeat_ip],
    [vars.node_drbd_nic, vars.node_drbd_ip],
  ]
  const isStatic = (nic: string) => new RegExp(`^\\s*iface ${nic} inet static`, 'm').test(interfaces)
  const mounts = linesOf(fstab).map(l => l.trim().split(/\s+/))
  return [
    ...(words.has(vipAddress(vars)) ? [`the boot gives ${vipAddress(vars)} to this node`] : []),
    ...planned.filter(([nic, ip]) => isStatic(nic) && !words.has(ip)).map(([nic, ip]) => `the boot does not give ${ip} to ${nic}`),
    ...mounts
      .filter(([what = '', where]) => !what.startsWith('#') && (what === vars.drbd_device || where === vars.nfs_export_path))
      .map(([what, where]) => `the boot mounts ${what} on ${where}`),
  ]
}

export type NamedState = ServiceState & { host: string }
