import { blocksOf } from './blocks.ts'
import { quote } from './quote.ts'

/** Debian's releases that a system can be upgraded to, by codename. */
export const debianReleases = ['bookworm', 'trixie'] as const
export type DebianRelease = (typeof debianReleases)[number]

/** The upgrade state of one machine. */
export interface UpgradeState {
  /** Codename of the installed release. */
  release: string
  /** apt source files that name this release. */
  sources: string[]
  /** Packages on hold, by us or by the operator. */
  held: string[]
  /** The package lists are less than an hour old; otherwise newer packages are unknown. */
  listsRead: boolean
  /** Packages with a newer version in the lists, including held ones. */
  newer: string[]
  /** Packages that dpkg has not finished installing. */
  unfinished: string[]
  kernel: string
  /** The newest kernel in /boot. */
  newestKernel: string
  /** The system was upgraded since its last boot. */
  bootNeeded: boolean
}

/** Written after the package lists were read; in /var, because it must survive the reboot after an upgrade. */
const listsMark = '/var/cache/apt/nfsha-play.lists-read'
/** Written when packages were upgraded; the next boot removes it. */
const bootMark = '/run/nfsha-play-upgraded'

/** Shell that prints blocks for `parseUpgrade`. Takes some seconds once the lists are read, because apt-get(8) simulates the upgrade. */
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

/** Pure: parses the output of `upgradeProbe`; undefined when it is incomplete. */
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

/** Reads the package lists again. Fails when one of them cannot be downloaded. */
export const readListsScript = `set -eu
${readLists}`

/** Replaces the codename of the release in the source files; the original is kept beside each file, once. */
export const sourcesScript = (files: string[], from: string, to: DebianRelease): string => `set -eu
for file in ${files.map(quote).join(' ')}; do
  [ -e "$file.nfsha-${from}" ] || cp -p "$file" "$file.nfsha-${from}"
  sed -i 's/\\b${from}\\b/${to}/g' "$file"
done
rm -f ${listsMark}`

/**
 * Upgrades all packages: apt-get(8), full-upgrade. Modified configuration files stay as they are. `ours` are released from hold during the
 * upgrade; the operator's holds stay. An unfinished earlier upgrade is completed first.
 */
export const upgradeScript = (ours: string[]): string => `set -eu
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
: > ${bootMark}
apt() { apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "$@"; }
# After a power loss during an upgrade, some packages cannot be configured before others are unpacked: apt (below) knows which.
dpkg --configure -a --force-confold || :
${readLists}
apt-mark unhold ${ours.map(quote).join(' ')} >/dev/null
apt --fix-broken install
apt full-upgrade
for package in ${ours.map(quote).join(' ')}; do
  [ "$(dpkg-query -W -f '\${db:Status-Status}' "$package" 2>/dev/null)" != installed ] || apt-mark hold "$package" >/dev/null
done`

/** A progress line of its output: the step, and the package. */
export const upgradeStep = /^(Unpacking|Setting up) (\S+)/gm
