import { Buffer } from 'node:buffer'
import type { Fence } from './connection.ts'
import { encodeHostText } from './host-text.ts'
import { quote } from './quote.ts'

/**
 * The only program text that ever stands on a command line. It reads a byte count and exactly that many bytes from stdin,
 * and runs them as a script in the same shell; what follows on stdin is the script's own.
 * One line without `'`, `\` and `!`, so that it passes any login shell in single quotes, csh and fish included.
 *
 * Says on stdout `<token> ready <process group>` when it is there, and on both outputs `<token> go` just before the script's first
 * output. The script ends with the token, so that one cut short by a lost connection never runs.
 */
const program = ({ isFenced, isMetered }: BootstrapOptions): string =>
  [
    't=$1; g=$$',
    // The process group, to end it later: a shell that the login shell started without exec is not its leader.
    `{ read -r l </proc/$$/stat; } 2>/dev/null && { l=\${l##*) }; set -- $l; g=$3; }`,
    // One language of messages, and the same tools for a login user without sbin in the PATH as for root.
    'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
    'echo "$t ready $g"',
    // How many processes this host has ever started: the difference to the next command's is about what this one starts.
    ...(isMetered
      ? ['{ while read -r k v; do case $k in processes) echo "$t processes $v"; break ;; esac; done </proc/stat; } 2>/dev/null']
      : []),
    'IFS= read -r n && s=$(head -c "$n") && case $s in *"$t") ;; *) false ;; esac || { echo "the script did not arrive whole" >&2; exit 125; }',
    `s=\${s%"$t"}`,
    // A fenced script says so itself, once its condition holds.
    ...(isFenced ? [] : ['echo "$t go"; echo "$t go" >&2']),
    'set --',
    `eval "unset t g l n s${isMetered ? ' k v' : ''}; $s"`,
  ].join('; ')

interface BootstrapOptions {
  isFenced?: boolean
  /** It also says how many processes the host has started so far. */
  isMetered?: boolean
}

/** The bootstrap's command line. @param token random, unique for the exec. */
export const bootstrapArgv = (token: string, options: BootstrapOptions = {}): string[] => [
  'sh',
  '-c',
  program(options),
  'nfsha-play',
  token,
]

/** Exit code of a shell that did not run a script because its condition does not hold. */
export const fenceRefused = 76

/** A script behind its condition. The subshell leaves the condition's descriptor to the shell around it: a daemon that it starts has none. */
export const fencedScript = (script: string | Uint8Array, token: string, { condition, descriptor }: Fence): Buffer => {
  // Byte by byte: a script need not be text.
  const quoted = quote(Buffer.from(bytesOf(script)).toString('latin1'))
  const head = `{ ${condition}\n} || exit ${fenceRefused}\necho ${token} go; echo ${token} go >&2\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(`( eval ${quoted} ) ${descriptor}>&-`, 'latin1')])
}

/** Text that was read from a host goes back to it byte by byte. */
const bytesOf = (script: string | Uint8Array): Uint8Array => (typeof script === 'string' ? encodeHostText(script) : script)

/** A script as the bootstrap reads it: byte count, script, token. */
export const frameScript = (script: string | Uint8Array, token: string): Buffer => {
  const bytes = bytesOf(script)
  if (bytes.includes(0)) throw new TypeError('a NUL byte cannot be part of a script')
  const body = Buffer.concat([bytes, Buffer.from(token)])
  return Buffer.concat([Buffer.from(`${body.length}\n`), body])
}

/** The line on both outputs after which everything is the script's. */
export const goLine = (token: string): string => `${token} go\n`

/** Finds the bootstrap's ready line in what came on stdout. @returns the process group, undefined as long as there is no such line. */
export const readyGroup = (stdout: string, token: string): number | undefined => numberAfter(stdout, `${token} ready`)

/** How many processes the host had started when the script began; undefined when it did not say. */
export const startedProcesses = (stdout: string, token: string): number | undefined => numberAfter(stdout, `${token} processes`)

const numberAfter = (text: string, words: string): number | undefined => {
  const line = new RegExp(`${words} (\\d+)\\n`).exec(text)
  return line ? Number(line[1]) : undefined
}
