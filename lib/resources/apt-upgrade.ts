import { blocksOf } from './blocks.ts'
import { quote } from './quote.ts'

/** Debian's releases that a system can be upgraded to, by codename. */
export const debianReleases = ['bookworm', 'trixie'] as const
export type DebianRelease = (typeof debianReleases)[number]

/** What one machine could be upgraded by. */
export interface UpgradeState {
  /** Codename of the release that is installed. */
  release: string
  /** Files of apt's sources that name this release. */
  sources: string[]
  /** Packages that were held by us or by the operator. */
  held: string[]
  /** The package lists are younger than an hour; without that nothing is known of newer packages. */
  listsRead: boolean
  /** Packages of which the lists have a newer version, held ones too. */
  newer: string[]
  /** What dpkg has begun and not finished. */
  unfinished: string[]
  kernel: string
  /** The newest kernel in /boot. */
  newestKernel: string
  /** The system was upgraded since it has booted. */
  bootNeeded: boolean
}

/** Written after the package lists were read; in /var, for it is to outlive the boot that follows an upgrade. */
const listsMark = '/var/cache/apt/nfsha-play.lists-read'
/** Written when packages have been upgraded; gone with the next boot. */
const bootMark = '/run/nfsha-play-upgraded'

/** Shell that prints blocks for `parseUpgrade`; some seconds where the lists are read, for apt-get(8) works the upgrade out. */
export const upgradeProbe = `echo "@release"; release=$(. /etc/os-release; echo "\${VERSION_CODENAME:-}"); echo "$release"
echo "@sources"; [ -z "$release" ] || grep -lsw -- "$release" /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources
echo "@held"; apt-mark showhold
echo "@lists"; find ${listsMark} -mmin -60 2>/dev/null
echo "@newer"; [ ! -e ${listsMark} ] || apt-get -s -q --ignore-hold dist-upgrade 2>/dev/null | while read -r word name _; do [ "$word" != Inst ] || echo "$name"; done
echo "@unfinished"; dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' | grep -E '^(half|unpacked|triggers)'
echo "@kernel"; uname -r
echo "@kernels"; for k in /boot/vmlinuz-*; do [ -d "/lib/modules/\${k#/boot/vmlinuz-}" ] && echo "\${k#/boot/vmlinuz-}"; done | sort -V
echo "@boot"; [ ! -e ${bootMark} ] || echo needed
echo "@upgrade"; echo read`

const linesOf = (text = ''): string[] => text.split('\n').filter(l => l.trim() !== '')

/** Pure. Undefined when the answer has not come to its end. */
export const parseUpgrade = (stdout: string): UpgradeState | undefined => {
  const blocks = blocksOf(stdout)
  if (blocks.upgrade?.trim() !== 'read') return undefined
  const kernel = (blocks.kernel ?? '').trim()
  return {
    release: (blocks.release ?? '').trim(),
    sources: linesOf(blocks.sources),
    held: linesOf(blocks.held),
    listsRead: linesOf(blocks.lists).length > 0,
    newer: linesOf(blocks.newer),
    unfinished: linesOf(blocks.unfinished).map(l => l.split(' ')[1] ?? l),
    kernel,
    newestKernel: linesOf(blocks.kernels).at(-1) ?? kernel,
    bootNeeded: linesOf(blocks.boot).length > 0,
  }
}

const readLists = `apt-get update -q -o APT::Update::Error-Mode=any
: > ${listsMark}`

/** Reads the package lists again. Fails when one of them cannot be had. */
export const readListsScript = `set -eu
${readLists}`

/** Puts another release's codename in the place of one; what stood there is kept beside it, once. */
export const sourcesScript = (files: string[], from: string, to: DebianRelease): string => `set -eu
for file in ${files.map(quote).join(' ')}; do
  [ -e "$file.nfsha-${from}" ] || cp -p "$file" "$file.nfsha-${from}"
  sed -i 's/\\b${from}\\b/${to}/g' "$file"
done
rm -f ${listsMark}`

/**
 * Upgrades all packages: apt-get(8), full-upgrade. Configuration files that somebody has changed stay as they are. `ours` are no longer held while it goes
 * on; holds of the operator's stay. What an earlier one has left unfinished is finished first.
 */
export const upgradeScript = (ours: string[]): string => `set -eu
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
: > ${bootMark}
apt() { apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "$@"; }
# What lost its power in the middle has packages that cannot be configured before others are unpacked: apt knows which.
dpkg --configure -a --force-confold || :
${readLists}
apt-mark unhold ${ours.map(quote).join(' ')} >/dev/null
apt --fix-broken install
apt full-upgrade
for package in ${ours.map(quote).join(' ')}; do
  [ "$(dpkg-query -W -f '\${db:Status-Status}' "$package" 2>/dev/null)" != installed ] || apt-mark hold "$package" >/dev/null
done`

/** A line of its output that says how far it is: the step, and the package. */
export const upgradeStep = /^(Unpacking|Setting up) (\S+)/gm
