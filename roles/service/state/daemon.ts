import type { Platform, Source } from '../../../lib/role-api/index.ts'
import { simple } from '../../../lib/role-api/index.ts'
import { servingMark } from '../paths.ts'
import { clock } from '../sources.ts'

/** How heartbeat's process stands to the files it was started with. */
export interface Daemon {
  running: boolean
  /** The files that changed after it started. */
  newer: string[]
}

/**
 * Shell that sets `p` to heartbeat's master process; empty when it does not run. Its own file is asked: systemd loses sight of a heartbeat that has
 * started itself again. A file that a crash has left may name a process of another name.
 */
export const daemonPid = `p=''; stat=''; { read -r p < /var/run/heartbeat.pid && read -r stat < "/proc/$p/stat"; } 2>/dev/null || p=''
case $stat in "$p (heartbeat) "*) ;; *) p='' ;; esac`

/**
 * What tells when the daemon started, when its files changed, and when the service was started. /proc/PID has the time at which the process was first
 * looked at, so the start is reckoned from its stat line, in clock ticks since boot: proc(5), field 22.
 */
export const daemonPieces = ({ paths }: Platform): (string | Source)[] => [
  'now ',
  clock,
  simple(`${daemonPid}; tell_ticks() { echo "ticks \${20}"; }; [ -z "$p" ] || tell_ticks \${stat##*) }`),
  simple(`stat -c 'file %Y %n' ${paths.haDir}/ha.cf ${paths.haDir}/authkeys ${servingMark} 2>/dev/null`),
]

/** Pure: whether this is what `daemonPieces` print; no ticks where the daemon does not run. */
export const isDaemonAnswer = (stdout: string): boolean =>
  /^now \d+\.\d+ \d+\.\d+(\n|$)/.test(stdout) && stdout.split('\n').every((line, i) => i === 0 || /^(ticks \d+|file \d+ .*)?$/.test(line))

/** Pure: when a file that was looked at had changed last, s since 1970. */
export const fileTime = (stdout: string, path: string): number | undefined => {
  const line = stdout.split('\n').find(l => l.startsWith('file ') && l.endsWith(` ${path}`))
  return line === undefined ? undefined : Number(line.split(' ')[1])
}

/** Pure. Two seconds of rounding: a file's time is cut to seconds, and the clock may have been set a little since the boot. */
export const parseDaemon = (stdout: string): Daemon => {
  const [, now, uptime] = /^now (\S+) (\S+)$/m.exec(stdout) ?? []
  const ticks = Number(/^ticks (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN)
  const start = Number(now) - Number(uptime) + ticks / 100
  const files = [...stdout.matchAll(/^file (\d+) (\S+)$/gm)]
  return { running: !Number.isNaN(start), newer: files.filter(f => Number(f[1]) > start + 2).map(f => f[2] ?? '') }
}
