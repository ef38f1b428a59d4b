import { quote } from '../../resources/quote.ts'
import { frame, logger } from '../frames.ts'

/** Scripts that change something, run one after the other until one fails. */
export interface Changing {
  parts: ChangePart[]
  /** Shell that succeeds while this run holds the lock, otherwise prints who does. */
  isHeld: string
}

export interface ChangePart {
  /** For messages: `writing /etc/exports.d/x`. */
  what: string
  sh: string
  /** ms */
  timeout: number
  /** What to check after a failure. */
  hint?: string | undefined
  /** The line for the host's own log, written on success. */
  note: string
}

/** Pseudo exit codes: another run had the lock by then; an earlier script had failed. No shell returns them. */
export const lockGone = 300
export const notReached = 301

/**
 * Goes before a batch of probes: each script runs in a subshell, stdin from /dev/null, framed as a probe is. The condition of the
 * connection covers the first script; before each other one the shell itself checks the lock again. Successful changes are noted in the
 * host's log; probes run only if there was one.
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
