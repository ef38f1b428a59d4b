import { randomBytes } from 'node:crypto'
import { quote } from '../../resources/quote.ts'
import { pattern, type Source } from '../../resources/source.ts'
import type { Printed, Together } from './entry.ts'

type FileSource = Extract<Source, { kind: 'file' | 'text' }>

/**
 * Reads all files with one stat(1) and one cat(1). After each file cat reads its own environment (proc(5), /proc/PID/environ): an
 * unguessable mark that shows where the file ends, even if it grew meanwhile. A line before that has the numbers of the files that follow.
 */
export const filesTogether: Together<FileSource> = sources => {
  const mark = `NFSHA=${randomBytes(12).toString('hex')}`
  const files = sources.flatMap((s, i) => (s.kind === 'file' ? [`${i} ${quote(s.path)}`] : []))
  const texts = sources.flatMap((s, i) =>
    s.kind === 'text'
      ? [
          `for p in ${s.paths.map(pattern).join(' ')}; do [ ! -f "$p" ] || [ ! -r "$p" ] || set -- "$@" "$p"; done; set -- "$@" /proc/self/environ; l="$l ${i}"`,
        ]
      : [],
  )
  const each = (condition: string, action: string) =>
    `i=; for p in ${files.join(' ')}; do if [ -z "$i" ]; then i=$p; else if ${condition}; then ${action}; l="$l $i"; fi; i=; fi; done`
  return {
    isSimple: false,
    sh: [
      'l=; set --',
      each('[ -e "$p" ] || [ -L "$p" ]', 'set -- "$@" "$p"'),
      `echo "$l"; [ $# = 0 ] || stat -c '%a|%U|%G|%F' -- "$@"`,
      'l=; set --',
      each('[ -f "$p" ] && [ ! -L "$p" ] && [ -r "$p" ]', 'set -- "$@" "$p" /proc/self/environ'),
      ...texts,
      `echo "$l"; [ $# = 0 ] || exec env -i ${mark} cat -- "$@"`,
    ].join('\n'),
    split: printed => splitFiles(printed.stdout, sources, `${mark}\0`),
  }
}

/** Pure. If the numbers, the lines of stat and the contents do not match, a file was removed meanwhile, and none counts as read. */
const splitFiles = (stdout: string, sources: FileSource[], mark: string): (Printed | undefined)[] => {
  const [found, ...lines] = stdout.split('\n')
  const there = numbersOf(found)
  const stats = lines.slice(0, there.length)
  const read = numbersOf(lines[there.length])
  const head = [found, ...stats, lines[there.length]].join('\n').length + 1
  const contents = stdout.slice(head).split(mark)
  const isWhole =
    stats.every(line => /^\d+\|[^|]*\|[^|]*\|[^|]+$/.test(line)) && contents.length === read.length + 1 && contents.at(-1) === ''
  if (!isWhole) return sources.map(() => undefined)
  const statOf = new Map(there.map((number, i) => [number, stats[i]]))
  const contentOf = new Map(read.map((number, i) => [number, contents[i]]))
  return sources.map((source, i) => printedOf(source, statOf.get(i), contentOf.get(i)))
}

/** What the file's own script would have printed. A file that exists but cannot be read is left to that script. */
const printedOf = ({ kind }: FileSource, stat: string | undefined, content: string | undefined): Printed | undefined => {
  if (kind === 'text') return content === undefined ? undefined : { code: 0, stdout: content, stderr: '' }
  if (stat === undefined) return content === undefined ? { code: 44, stdout: '', stderr: '' } : undefined
  const isRegular = /\|regular (empty )?file$/.test(stat)
  if (isRegular !== (content !== undefined)) return undefined
  return { code: isRegular ? 0 : 1, stdout: `${stat}\n${content ?? ''}`, stderr: '' }
}

/** ` 1 3`; anything else is not our list, and gives more numbers than there are files. */
const numbersOf = (line = 'none'): number[] =>
  /^( \d+)*$/.test(line) ? line.split(' ').filter(Boolean).map(Number) : [Number.NaN, Number.NaN]
