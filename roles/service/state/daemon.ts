import type { Platform, Source } from '../../../lib/role-api/index.ts'
import { simple } from '../../../lib/role-api/index.ts'
import { servingMark } from '../paths.ts'
import { clock } from '../sources.ts'

/** Heartbeat's process, and which of its files have changed since it started. */
export interface Daemon {
  running: boolean
  /** The files that changed after it started. */
  newer: string[]
}

/**
 * Shell that sets `p` to the PID of heartbeat's master process; empty when it does not run. Uses heartbeat's own PID file: systemd loses
 * track of a heartbeat that has restarted itself. The process name is checked, because after a crash a stale PID file may name another
 * process.
 */
export const daemonPid = `p=''; stat=''; { read -r p < /var/run/heartbeat.pid && read -r stat < "/proc/$p/stat"; } 2>/dev/null || p=''
case $stat in "$p (heartbeat) "*) ;; *) p='' ;; esac`

/**
 * Sources for when the daemon started, when its files changed, and when the service was started. The time of /proc/PID is when the entry
 * was first accessed, so the start is computed from its stat line, in clock ticks since boot: proc(5), field 22.
 */
export const daemonPieces = ({ paths }: Platform): (string | Source)[] => [
  'now ',
  clock,
  simple(`${daemonPid}; tell_ticks() { echo "ticks \${20}"; }; [ -z "$p" ] || tell_ticks \${stat##*) }`),
  simple(`stat -c 'file %Y %n' ${paths.haDir}/ha.cf ${paths.haDir}/authkeys ${servingMark} 2>/dev/null`),
]

/** Pure: whether this is the output of `daemonPieces`; there are no ticks when the daemon does not run. */
export const isDaemonAnswer = (stdout: string): boolean =>
  /^now \d+\.\d+ \d+\.\d+(\n|$)/.test(stdout) && stdout.split('\n').every((line, i) => i === 0 || /^(ticks \d+|file \d+ .*)?$/.test(line))

/** Pure: when a file of `daemonPieces` was last changed, in seconds since 1970. */
export const fileTime = (stdout: string, path: string): number | undefined => {
  const line = stdout.split('\n').find(l => l.startsWith('file ') && l.endsWith(` ${path}`))
  return line === undefined ? undefined : Number(line.split(' ')[1])
}

/** Pure. Tolerates two seconds: a file's time is truncated to seconds, and the clock may have been adjusted slightly since the boot. */
export const parseDaemon = (stdout: string): Daemon => {
  const [, now, uptime] = /^now (\S+) (\S+)$/m.exec(stdout) ?? []
  const ticks = Number(/^ticks (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN)
  const start = Number(now) - Number(uptime) + ticks / 100
  const files = [...stdout.matchAll(/^file (\d+) (\S+)$/gm)]
  return { running: !Number.isNaN(start), newer: files.filter(f => Number(f[1]) > start + 2).map(f => f[2] ?? '') }
}
