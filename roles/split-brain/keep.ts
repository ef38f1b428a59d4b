import type { ClusterNodes, Step } from '../../lib/role-api/index.ts'
import { failedScript, minorOf, quote, runJobOn } from '../../lib/role-api/index.ts'
import { inView } from '../service/copies/view.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import type { Vars } from '../vars.ts'

/** KiB that must stay free after a copy. */
const spare = 256 * 1024

/** Shell that succeeds when the victim is Secondary and not mounted, so that nothing writes to it. */
const isIdle = ({ drbd_device: device }: Vars): string =>
  `grep -q '^ *${minorOf(device)}: cs:[A-Za-z]* ro:Secondary/' /proc/drbd && ! grep -q '^${device} ' /proc/mounts`

/**
 * Shell that copies every file, then reads both copies again: names, modes, owners, sizes and the sha256 of the content must be the same.
 * An existing copy is only compared. Only root can enter the directory around it, because the files keep owners and modes that make sense
 * only to the clients.
 */
export const copyFiles = (
  to: string,
): string => `[ "$how" != 'not replayed' ] || { echo "the file system was not unmounted cleanly; replaying its journal without changing the disk needs dmsetup and the kernel module dm_snapshot" >&2; exit 1; }
to=${quote(to)} part=${quote(`${to}.part`)} near=$(dirname ${quote(to)})
umask 077
if [ ! -e "$to" ]; then
  mkdir -p "$near" || exit 1
  need=$(df -P -k "$view" | awk 'NR == 2 { print $3 }'); free=$(df -P -k "$near" | awk 'NR == 2 { print $4 }')
  [ "$free" -gt $((need + ${spare})) ] || { echo "$near has $free KiB free; the copy needs $need KiB, and ${spare} KiB must stay free" >&2; exit 1; }
  echo "copying $need KiB"
  rm -rf --one-file-system "$part"; mkdir "$part" || exit 1
  cp -a "$view" "$part/files" || exit 1
  sync; mv "$part" "$to" || exit 1
fi
all() {
  cd "$1" && find . -xdev -type d -printf 'd %m %U %G %P\\0' -o -type f -printf 'f %m %U %G %s %P\\0' -o -printf '%y %m %U %G %l %P\\0' | sort -z -T "$near" &&
    find . -xdev -type f -print0 | sort -z -T "$near" | xargs -0 -r sha256sum
}
echo comparing
sum=$(all "$view" | sha256sum) || exit 1
[ "$sum" = "$(all "$to/files" | sha256sum)" ] || { echo "the files in $to differ from those on $d" >&2; exit 1; }
echo "kept $(find "$to/files" -xdev -type f | wc -l) files in $to/files"`

/**
 * Fails if anything writes to the disk during the copy, which its counter of written sectors shows (Documentation/block/stat.rst). A flush,
 * such as the one at the end of a loop device, counts as zero sectors.
 */
const copyScript = (vars: Vars, to: string): string => {
  const disk = quote(backingDisk(vars))
  return `LC_ALL=C; export LC_ALL
idle() { ${isIdle(vars)}; }
n=$(readlink -f ${disk}); n=/sys/class/block/\${n##*/}/stat
written() { awk '{ print $7 }' "$n"; }
idle || { echo "${vars.drbd_device} is not Secondary, or is mounted" >&2; exit 1; }
before=$(written)
${inView(disk, copyFiles(to))} || exit 1
{ idle && [ "$(written)" = "$before" ]; } || { echo "something wrote to the disk during the copy: the copy is not consistent" >&2; exit 1; }`
}

/** lvcreate(8). The snapshot is as large as its origin, so that it cannot overflow, whatever is written to the origin afterwards. */
const snapshotScript = (vars: Vars): string => {
  const disk = quote(backingDisk(vars))
  return `LC_ALL=C; export LC_ALL
set -- $(lvs --noheadings -o vg_name,lv_name ${disk} 2>/dev/null)
[ $# = 2 ] || { echo ${disk} "is not a logical volume: drbd_victim_keep must be a path" >&2; exit 1; }
s=$2-before-discard
! lvs "$1/$s" >/dev/null 2>&1 || { echo "$1/$s already exists: remove it with lvremove $1/$s, or leave out drbd_victim_keep if it is the copy to keep" >&2; exit 1; }
lvcreate -s -l 100%ORIGIN -n "$s" "$1/$2" >&2 || exit 1
${inView('"/dev/$1/$s"', `echo "kept $(find "$view" -xdev -type f | wc -l) files in $d, a snapshot that slows down every write: remove it with lvremove when it is no longer needed"`)}`
}

export const keepName = (victim: string): string => `keep what is on ${victim}`

/** Saves the victim's data and proves that it can be read, before any of it is discarded. */
export const keepStep = (victim: string, keep: string, vars: Vars): Step => ({
  name: keepName(victim),
  // The step itself verifies what was kept.
  settle: 1000,
  changes: [
    {
      attribute: `what is on ${victim}`,
      from: 'there only',
      to: keep === 'snapshot' ? 'also in a snapshot of its volume' : `also in ${victim}:${keep}/files`,
    },
  ],
  run: nodes => keepData(nodes, victim, keep, vars),
})

const keepData = async (nodes: ClusterNodes, victim: string, keep: string, vars: Vars): Promise<void> => {
  const { code, output } = await runJobOn(nodes, victim, {
    id: 'split-brain-keep',
    script: keep === 'snapshot' ? snapshotScript(vars) : copyScript(vars, keep),
    onOutput(text) {
      const last = text.trim().split('\n').at(-1)
      if (last) nodes.progress({ text: `${victim}: ${last}` })
    },
  })
  if (code !== 0)
    throw failedScript(`keeping what is on ${victim}`, { code, stdout: output.slice(-4000), stderr: '' }, 'nothing was discarded')
  const kept = /^kept .*$/m.exec(output)?.[0]
  if (kept) nodes.remark(`${victim}: ${kept}`)
}
