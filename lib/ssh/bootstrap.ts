import { Buffer } from 'node:buffer'
import type { Fence } from './connection.ts'
import { encodeHostText } from './host-text.ts'
import { quote } from './quote.ts'

/**
 * The only program text that is ever passed on a command line. It reads a byte count and exactly that many bytes from stdin,
 * and runs them as a script in the same shell. The rest of stdin belongs to the script.
 * One line without `'`, `\` and `!`, so that any login shell accepts it in single quotes, including csh and fish.
 *
 * It prints `<token> ready <process group>` on stdout once it runs, and `<token> go` on both outputs just before the script's first
 * output. The script ends with the token, so a script truncated by a lost connection never runs.
 */
const program = ({ isFenced, isMetered }: BootstrapOptions): string =>
  [
    't=$1; g=$$',
    // The process group, to kill it later: a shell that the login shell started without exec is not its leader.
    `{ read -r l </proc/$$/stat; } 2>/dev/null && { l=\${l##*) }; set -- $l; g=$3; }`,
    // Messages in one language, and sbin in the PATH of login users too.
    'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
    'echo "$t ready $g"',
    // The number of processes started since boot: the difference to the next command's value is roughly what this one starts.
    ...(isMetered
      ? ['{ while read -r k v; do case $k in processes) echo "$t processes $v"; break ;; esac; done </proc/stat; } 2>/dev/null']
      : []),
    'IFS= read -r n && s=$(head -c "$n") && case $s in *"$t") ;; *) false ;; esac || { echo "the script did not arrive completely" >&2; exit 125; }',
    `s=\${s%"$t"}`,
    // A fenced script prints it itself, once its condition holds.
    ...(isFenced ? [] : ['echo "$t go"; echo "$t go" >&2']),
    'set --',
    `eval "unset t g l n s${isMetered ? ' k v' : ''}; $s"`,
  ].join('; ')

interface BootstrapOptions {
  isFenced?: boolean
  /** Also print how many processes the host has started so far. */
  isMetered?: boolean
}

/** The bootstrap's command line. @param token random, unique for each exec */
export const bootstrapArgv = (token: string, options: BootstrapOptions = {}): string[] => [
  'sh',
  '-c',
  program(options),
  'nfsha-play',
  token,
]

/** Exit code of a shell that did not run a script because the fence condition did not hold. */
export const fenceRefused = 76

/** A script guarded by its fence condition. It runs in a subshell without the condition's descriptor, so that no daemon inherits it. */
export const fencedScript = (script: string | Uint8Array, token: string, { condition, descriptor }: Fence): Buffer => {
  // latin1 maps bytes one to one: a script need not be text.
  const quoted = quote(Buffer.from(bytesOf(script)).toString('latin1'))
  const head = `{ ${condition}\n} || exit ${fenceRefused}\necho ${token} go; echo ${token} go >&2\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(`( eval ${quoted} ) ${descriptor}>&-`, 'latin1')])
}

/** Text that was read from a host is sent back byte for byte. */
const bytesOf = (script: string | Uint8Array): Uint8Array => (typeof script === 'string' ? encodeHostText(script) : script)

/** Frames a script for the bootstrap: byte count, script, token. @throws TypeError when the script contains a NUL byte */
export const frameScript = (script: string | Uint8Array, token: string): Buffer => {
  const bytes = bytesOf(script)
  if (bytes.includes(0)) throw new TypeError('a NUL byte cannot be part of a script')
  const body = Buffer.concat([bytes, Buffer.from(token)])
  return Buffer.concat([Buffer.from(`${body.length}\n`), body])
}

/** The line on both outputs after which the script's own output starts. */
export const goLine = (token: string): string => `${token} go\n`

/** Finds the bootstrap's ready line in stdout. @returns the process group, undefined until the line has arrived */
export const readyGroup = (stdout: string, token: string): number | undefined => numberAfter(stdout, `${token} ready`)

/** How many processes the host had started when the script began; undefined if it was not reported. */
export const startedProcesses = (stdout: string, token: string): number | undefined => numberAfter(stdout, `${token} processes`)

const numberAfter = (text: string, words: string): number | undefined => {
  const line = new RegExp(`${words} (\\d+)\\n`).exec(text)
  return line ? Number(line[1]) : undefined
}
