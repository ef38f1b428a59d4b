import { quote } from '../resources/quote.ts'
import type { Entry, Printed } from './sources/entry.ts'

/** A script of a batch. `isSimple`: it needs no subshell (lib/resources/source.ts). */
type Part = Pick<Entry, 'sh'> & Partial<Pick<Entry, 'isSimple'>>

/**
 * One script that runs many. Each gets a subshell of its own (an `exit` or a syntax error ends it alone) unless it is simple, stdin from /dev/null, and
 * its output is framed on both streams by a boundary nobody can guess. `eval` forks nothing, so a part costs one fork and what it starts itself.
 */
export const batchScript = (parts: Part[], boundary: string, notes: string[] = []): string => {
  const one = ({ sh, isSimple }: Part, i: number) =>
    `${isSimple ? `{ ${sh}\n}` : `( eval ${quote(sh)} )`} </dev/null; c=$?; ${frame(i, boundary)}`
  return ['LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; cd /', ...notes.map(logLine), ...parts.map(one)].join(
    '\n',
  )
}

/** The end of a part, with its exit code `$c`. */
export const frame = (i: number, boundary: string): string =>
  `printf '\\n%s ${i} %s\\n' ${boundary} $c; printf '\\n%s ${i}\\n' ${boundary} >&2`

/** The host's own log; a host without logger(1) goes without. */
export const logger = 'logger -t nfsha-play -p daemon.notice'

const logLine = (text: string): string => `${logger} -- ${quote(text)} </dev/null >/dev/null 2>&1`

/** How many of the batch's probes have answered in what has arrived so far. */
export const answered = (stdout: string, boundary: string): number => stdout.split(`\n${boundary} `).length - 1

/** What the probe that did not come to its end had printed. */
export const unfinished = (stdout: string, boundary: string): string => {
  const last = stdout.lastIndexOf(`\n${boundary} `)
  return last < 0 ? stdout : stdout.slice(stdout.indexOf('\n', last + 1) + 1)
}

/** Cuts both streams at the boundaries. Probes that did not answer (the script was ended) are left out. */
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
