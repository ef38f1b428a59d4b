import { quote } from '../resources/quote.ts'
import type { Entry, Printed } from './sources/entry.ts'

/** A script of a batch. `isSimple`: it needs no subshell (lib/resources/source.ts). */
type Part = Pick<Entry, 'sh'> & Partial<Pick<Entry, 'isSimple'>>

/**
 * A script that runs many. Each gets its own subshell unless it is simple (an `exit` or a syntax error ends only that), and stdin from
 * /dev/null. Its output is framed on both streams by an unguessable boundary. `eval` does not fork, so a part costs one fork plus its own.
 */
export const batchScript = (parts: Part[], boundary: string, notes: string[] = []): string => {
  const one = ({ sh, isSimple }: Part, i: number) =>
    `${isSimple ? `{ ${sh}\n}` : `( eval ${quote(sh)} )`} </dev/null; c=$?; ${frame(i, boundary)}`
  return ['LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; cd /', ...notes.map(logLine), ...parts.map(one)].join(
    '\n',
  )
}

/** The frame after a part, with its exit code `$c`. */
export const frame = (i: number, boundary: string): string =>
  `printf '\\n%s ${i} %s\\n' ${boundary} $c; printf '\\n%s ${i}\\n' ${boundary} >&2`

/** Writes to the host's own log; a host without logger(1) gets no entry. */
export const logger = 'logger -t nfsha-play -p daemon.notice'

const logLine = (text: string): string => `${logger} -- ${quote(text)} </dev/null >/dev/null 2>&1`

/** How many probes of the batch have answered so far. */
export const answered = (stdout: string, boundary: string): number => stdout.split(`\n${boundary} `).length - 1

/** Output of the probe that did not finish. */
export const unfinished = (stdout: string, boundary: string): string => {
  const last = stdout.lastIndexOf(`\n${boundary} `)
  return last < 0 ? stdout : stdout.slice(stdout.indexOf('\n', last + 1) + 1)
}

/** Splits both streams at the boundaries. Leaves out probes that did not answer because the script was ended. */
export const parseBatch = (stdout: string, stderr: string, boundary: string): Printed[] => {
  const cut = (text: string, frame: RegExp) => {
    const parts: { text: string; code: number }[] = []
    let rest = text
    for (let match = frame.exec(rest); match; match = frame.exec(rest)) {
      parts.push({ text: rest.slice(0, match.index), code: Number(match[1] ?? 0) })
      rest = rest.slice(match.index + match[0].length)
    }
    return parts
  }
  const out = cut(stdout, new RegExp(`\\n${boundary} \\d+ (\\d+)\\n`))
  const err = cut(stderr, new RegExp(`\\n${boundary} \\d+\\n`))
  return out.map((part, i) => ({ stdout: part.text, stderr: err[i]?.text ?? '', code: part.code }))
}
