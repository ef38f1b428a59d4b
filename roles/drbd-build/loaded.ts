import type { DrbdDevice, HostResource, Reading } from '../../lib/role-api/index.ts'
import {
  absent,
  blocksOf,
  differsBy,
  failedScript,
  inSync,
  minorOf,
  parseProcDrbd,
  postponed,
  present,
  unknown,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { recordFile, replacedModule } from './parts.ts'
import { type BuildRecord, parseRecord } from './record.ts'

/** What distinguishes one module from another, as in /sys/module/drbd. */
interface Identity {
  srcversion: string
  note: string
}

interface Loaded {
  identity: Identity
  /** It is the module that was built here. */
  isBuilt: boolean
}

/** How the node uses the loaded module. */
export interface Use {
  devices: DrbdDevice[]
  heartbeat: boolean
  mounted: boolean
}

const same = (identity: Identity, record: BuildRecord): boolean =>
  identity.srcversion === record.srcversion && (record.note === undefined || identity.note === record.note)

/**
 * Pure: why the module of this node must not be replaced now. A drained node is Secondary, mounts nothing, and its heartbeat is stopped, so
 * that nothing promotes it meanwhile. A Primary peer must have good data of its own: otherwise it reads this node's disk.
 */
export const inUse = ({ devices, heartbeat, mounted }: Use, minor: number): string[] => {
  const own = devices.find(d => d.minor === minor)
  const others = devices.filter(d => d.minor !== minor).map(d => d.minor)
  return [
    ...(mounted ? ['a DRBD device is mounted'] : []),
    ...(own && own.role !== 'Secondary' ? [`DRBD is ${own.role}`] : []),
    ...(own && own.peerRole === 'Primary' && own.peerDisk !== 'UpToDate' ? [`the peer is active and its data are ${own.peerDisk}`] : []),
    ...(own && heartbeat ? ['heartbeat runs'] : []),
    ...(others.length > 0 ? [`DRBD has other devices: minor ${others.join(', ')}`] : []),
  ]
}

/** Output of a service manager for a service that is stopped and not starting. Anything else is treated as running. */
const stopped = /^(inactive|failed|unknown)?$/

/** Pure. `host` and `minor` are those of the inventory. */
export const readLoaded = (stdout: string, host: string, minor: number): Reading<Loaded> => {
  const blocks = blocksOf(stdout)
  const record = parseRecord(blocks.record ?? '')
  if (!record) return unknown('the module that is built for the running kernel')
  const [srcversion = '', note = ''] = (blocks.loaded ?? '').trim().split(' ')
  if (srcversion === '') return absent
  const identity = { srcversion, note }
  if (same(identity, record)) return present({ identity, isBuilt: true })
  const { devices } = parseProcDrbd(blocks.drbd ?? '')
  const reasons = inUse(
    { devices, heartbeat: !stopped.test((blocks.heartbeat ?? '').trim()), mounted: (blocks.mounts ?? '').trim() !== '' },
    minor,
  )
  if (reasons.length === 0) return present({ identity, isBuilt: false })
  return postponed(
    `the loaded module is not the one that was built, and this node is in use (${reasons.join(', ')}). A reboot loads the built module, as does a run while the node is drained: maintenance.yml -e ha_maintenance=${host}, then drbd-build, then maintenance.yml -e ha_maintenance=none`,
  )
}

const probeScript = ({
  vars,
  facts,
  platform,
}: Context): string => `echo "@record"; cat ${recordFile({ prefix: vars.drbd_build_prefix, kernel: facts.kernel })} 2>/dev/null
echo "@loaded"; [ ! -d /sys/module/drbd ] || echo "$(cat /sys/module/drbd/srcversion) $(od -An -v -tx1 /sys/module/drbd/notes/.note.gnu.build-id 2>/dev/null | tr -d ' \\n')"
echo "@drbd"; cat /proc/drbd 2>/dev/null
echo "@mounts"; grep '^/dev/drbd' /proc/mounts
echo "@heartbeat"; ${platform.commands.isActive(platform.services.heartbeat)} 2>/dev/null
true`

/**
 * Checks again that the node is drained, takes the resource down with drbdsetup, which needs no configuration, swaps the module, and brings
 * the resource up with whichever utilities have its configuration. If the kernel refuses the built module, the previous one is loaded
 * again, or the distribution's.
 */
export const swapScript = ({ vars, facts, platform }: Context): string => {
  const { drbd_resource: resource, drbd_build_prefix: prefix } = vars
  const minor = minorOf(vars.drbd_device)
  return `set -eu
PATH=${prefix}/sbin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
refuse() { echo "this node is in use: $1" >&2; exit 1; }
! grep '^/dev/drbd' /proc/mounts >&2 || refuse 'a DRBD device is mounted'
up=
if l=$(grep '^ *[0-9]*: cs:[A-TV-Z]' /proc/drbd); then
  case $(${platform.commands.isActive(platform.services.heartbeat)} 2>/dev/null) in ''|inactive|failed|unknown) ;; *) refuse 'heartbeat runs' ;; esac
  case $l in *'
'*) refuse "$l" ;; esac
  case $l in *" ro:Secondary/Primary ds:"*/UpToDate\\ *) ;; *" ro:Secondary/Primary "*) refuse "$l" ;; *" ro:Secondary/"*) ;; *) refuse "$l" ;; esac
  case $l in *" ${minor}: cs:"*|"${minor}: cs:"*) up=yes; drbdsetup down ${resource} ;; *) refuse "$l" ;; esac
fi
back() {
  [ -n "$up" ] || return 0
  for tool in ${prefix}/sbin/drbdadm /usr/sbin/drbdadm /sbin/drbdadm; do
    if [ -x "$tool" ] && "$tool" adjust ${resource}; then return 0; fi
  done
  echo "the resource ${resource} is down: run nfsha-play drbd-init" >&2
  return 1
}
# A program that still has the removed device open (udev) holds the module for a moment.
n=0; until rmmod drbd; do n=$((n + 1)); [ $n -lt 5 ] || { back; exit 1; }; sleep 1; done
if modprobe drbd; then back; exit; fi
echo "the kernel refuses the module that was built" >&2
# insmod does not read modprobe.d
helper=; [ ! -x ${prefix}/sbin/drbdadm ] || helper=usermode_helper=${prefix}/sbin/drbdadm
for old in ${replacedModule(facts.kernel)} /lib/modules/${facts.kernel}/kernel/drivers/block/drbd/drbd.ko*; do
  if [ -f "$old" ] && insmod "$old" $helper; then
    echo "$old is loaded instead" >&2
    back || :
    exit 1
  fi
done
echo "no module drbd is loaded now, and ${resource} is down" >&2
exit 1`
}

/**
 * The module that was built for the running kernel is loaded. Another one is replaced only on a drained node; otherwise the change is
 * postponed.
 */
export const builtModule = (context: Context): HostResource<Loaded> => ({
  scope: 'host',
  id: 'kernel module drbd',
  invalidates: 'cluster',
  settle: 20_000,
  probe: { sh: probeScript(context), parse: ({ stdout }) => readLoaded(stdout, context.host, minorOf(context.vars.drbd_device)) },
  compare(actual) {
    if (actual.kind === 'absent') return differsBy([{ attribute: 'loaded', from: 'no', to: 'yes' }])
    const { isBuilt, identity } = actual.state
    if (isBuilt) return inSync
    return differsBy([{ attribute: 'module', from: `another one (srcversion ${identity.srcversion})`, to: 'the one that was built' }])
  },
  async apply($, changes, { connection }) {
    if (changes[0]?.attribute === 'loaded') {
      await $`modprobe drbd`
      return
    }
    const result = await connection.run(swapScript(context), { timeout: 120_000 })
    if (result.code !== 0) throw failedScript('replacing the module drbd', result)
  },
})
