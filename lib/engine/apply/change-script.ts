import { quote } from '../../resources/quote.ts'
import { frame, logger } from '../frames.ts'

/** Scripts that change something, run one after the other until one fails. */
export interface Changing {
  parts: ChangePart[]
  /** Shell that succeeds while the lock is still this run's, and else prints whose it is. */
  isHeld: string
}

export interface ChangePart {
  /** For a message: `writing /etc/exports.d/x`. */
  what: string
  sh: string
  /** ms */
  timeout: number
  /** What to look at when it failed. */
  hint?: string | undefined
  /** The line for the host's own log, once it is done. */
  note: string
}

/** In the place of an exit code: the lock was another's by then; one before it had failed. No shell ends with them. */
export const lockGone = 300
export const notReached = 301

/**
 * What goes before a batch of probes: each script in a subshell of its own, stdin from /dev/null, framed as a probe is. The connection's own condition has let the
 * first one through; before each of the others the lock is looked at again, by the shell itself. What was done is noted in the host's log, and read only when there is any.
 */
export const changeLines = ({ parts, isHeld }: Changing, boundary: string): string[] => [
  's=0; set --',
  ...parts.map(
    ({ sh, note }, i) =>
      `if [ $s != 0 ]; then c=${notReached}; elif ${i === 0 ? ':' : isHeld}; then ( eval ${quote(sh)} ) </dev/null; s=$?; c=$s; [ $s != 0 ] || set -- "$@" ${quote(note)}; else s=1; c=${lockGone}; fi; ${frame(i, boundary)}`,
  ),
  `case $# in 0) exit 0 ;; 1) ${logger} -- "$1" </dev/null >/dev/null 2>&1 ;; *) printf '%s\\n' "$@" | ${logger} >/dev/null 2>&1 ;; esac`,
  'set --; unset s o',
]
