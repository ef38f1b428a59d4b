import { readFileSync } from 'node:fs'
import type { ClusterResource, Verdict } from '../../lib/role-api/index.ts'
import {
  differsBy,
  failedScript,
  inSync,
  minorOf,
  notBlank,
  packagedFile,
  present,
  quote,
  refused,
  skip,
  statesOf,
  unknown,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { hasDevice } from '../service/drbd/tools.ts'
import { hasLine } from '../service/read-file.ts'
import { scriptPart } from '../service/resource-script/index.ts'
import type { Vars } from '../vars.ts'

interface StateVolume {
  volume: 'none' | 'blank' | 'ext4' | 'something that is not ext4'
  role: string
  mounted: boolean
}

/** The roles find the volume with the same function as the resource script at every start. The comment of that part is left out. */
const findVolume = (): string =>
  scriptPart('shared/find-volume')
    .replace(/^#.*\n/gm, '')
    .trimEnd()

/** Shell that succeeds on a kernel without EXT4_IOC_SWAP_BOOT (before Linux 3.10): there the state stays in the share. */
export const hasNoPlace = '{ read -r _ _ k _ < /proc/version; case $k in [0-2].*|3.[0-9].*) true ;; *) false ;; esac; }'

/**
 * Shell function `make_state_volume DIRECTORY`, for the node where the share is mounted at DIRECTORY. The blocks are zeroed, given to inode
 * 5, and verified to be there; only then they get a file system, behind the same guard as a disk (`notBlank`, which the caller defines). An
 * interrupted attempt is resumed.
 */
export const makeStateVolume = ({ drbd_device: device }: Vars): string => `NFSHA_DEVICE=${device}
${findVolume()}
make_state_volume() {
  if ! find_volume; then
    case $(debugfs -c -R 'stat <5>' "$NFSHA_DEVICE" 2>/dev/null) in *'Size: 0'*) ;; *) echo "inode 5 of this ext4 is already in use" >&2; return 1 ;; esac
    set -- "$1" $((16 << 20))
    [ "$(blockdev --getsize64 "$NFSHA_DEVICE")" -lt 2147483648 ] || set -- "$1" $((64 << 20))
    free=$(df -P -k "$1" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt $(($2 / 256)) ] || { echo "less than $(($2 / 262144)) MiB are free" >&2; return 1; }
    wanted=$(perl -e ${quote(readFileSync(packagedFile('roles/drbd-init/files/state-volume.pl'), 'utf8'))} "$1/.nfsha-volume." "$2") || return 1
    sync -f "$1"
    if ! debugfs -c -R 'stat <5>' "$NFSHA_DEVICE" 2>/dev/null | grep -qxF "$wanted" || ! find_volume; then echo "the blocks were not moved to inode 5" >&2; return 1; fi
  fi
  loop=$(losetup -f --show --offset "$offset" --sizelimit "$size" "$NFSHA_DEVICE") || return 1
  # udev opens every new device, and an open device does not count as blank.
  udevadm settle 2>/dev/null || :
  why=$(not_blank "$loop")
  if [ -n "$why" ]; then echo "the blocks of inode 5 are not blank: $why" >&2; losetup -d "$loop"; return 1; fi
  mkfs.ext4 -q -F -b 4096 -m 0 -i 4096 -L nfsha-state -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$loop" && tune2fs -c 0 -i 0 "$loop" >/dev/null
  code=$?
  udevadm settle 2>/dev/null || :
  losetup -d "$loop"
  return $code
}`

/**
 * A volume for the NFS client state, on the replicated device and out of the clients' reach: the blocks of ext4's inode 5. A new pair gets
 * it together with its file system. An existing pair gets it on the active node, while it serves, and uses it from the next takeover on.
 */
export const stateVolume = ({ vars }: Context): ClusterResource<StateVolume> => {
  const { drbd_device: device, nfs_export_path: path } = vars
  const minor = minorOf(device)
  return {
    scope: 'cluster',
    id: `volume for the clients' state on ${device}`,
    invalidates: 'itself',
    probe: {
      // On a Secondary it is read from the backing disk, bypassing the page cache, like the file system's superblock.
      sh: `LC_ALL=C; export LC_ALL
if ${hasNoPlace}; then exit 43; fi
${hasDevice(minor)} || exit 46; d=$l; echo "$d"
${hasLine('/proc/mounts', `'${device} ${path} '*`)} && echo @mounted
${findVolume()}
case $d in *ro:Primary/*) NFSHA_DEVICE=${device} ;; *) NFSHA_DEVICE=${backingDisk(vars)}; debugfs() { command debugfs -D "$@"; } ;; esac
find_volume || exit 0
echo @volume; dd if="$NFSHA_DEVICE" iflag=direct bs=4096 skip=$((offset / 4096)) count=1 2>/dev/null | od -An -v -tx1 -j1024 -N128 | tr -d ' \\n'`,
      parse({ code, stdout }) {
        if (code === 43) return skip('this kernel does not support it: the state stays in the share')
        if (code === 46) return unknown(`DRBD resource ${vars.drbd_resource}`)
        const [, role = ''] = /ro:(\w+)\//.exec(stdout) ?? []
        return present({ role, mounted: stdout.includes('@mounted'), volume: volumeOf(stdout.split('@volume\n')[1]) })
      },
    },
    compare: members => compareStateVolume(statesOf(members)),
    async apply(nodes, _changes, members) {
      const host = statesOf(members).find(s => s.mounted)?.host ?? ''
      nodes.progress({ text: `volume for the clients' state on ${host}` })
      const script = `${notBlank}\n${makeStateVolume(vars)}\nmake_state_volume ${path}`
      const result = await nodes.on(host).connection.run(script, { timeout: 600_000 })
      if (result.code !== 0)
        throw failedScript(
          `the volume for the clients' state on ${device}`,
          result,
          `the state stays in ${path}/.nfsha until then: docs/state.md`,
        )
    },
  }
}

const volumeOf = (superblock?: string): StateVolume['volume'] => {
  if (superblock === undefined) return 'none'
  if (/^0*$/.test(superblock)) return 'blank'
  return superblock.slice(0x38 * 2, 0x38 * 2 + 4) === '53ef' ? 'ext4' : 'something that is not ext4'
}

/** Pure. The Primary's state counts: the other node's disk may not have the volume yet. */
export const compareStateVolume = (states: (StateVolume & { host: string })[]): Verdict => {
  const primary = states.find(s => s.role === 'Primary')
  const known = primary ?? states.find(s => s.volume === 'ext4') ?? states[0]
  if (!known) return unknown('a node that can be read')
  if (known.volume === 'ext4') return inSync
  if (known.volume === 'something that is not ext4')
    return refused('the blocks of inode 5 hold something that is not ext4: they are left unchanged')
  if (!primary?.mounted) return skip('it is created on the active node, once a node serves')
  return differsBy([{ attribute: 'volume', from: known.volume === 'none' ? 'none, the state is in the share' : 'blank', to: 'ext4' }])
}
