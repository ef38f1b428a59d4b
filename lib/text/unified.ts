import { type Edit, edits } from './diff.ts'

const noNewline = '\\ No newline at end of file'

/** The lines of a unified diff without its file header; empty when the texts are equal. */
export const unifiedDiff = (from: string, to: string, context = 3): string[] => {
  const script = edits(from, to)
  return hunksOf(script, context).flatMap(({ start, end }) => hunk(script, start, end))
}

/** The number of added and removed lines, for a summary. */
export const diffCounts = (from: string, to: string): { added: number; removed: number } => {
  const script = edits(from, to)
  return { added: script.filter(edit => edit.kind === '+').length, removed: script.filter(edit => edit.kind === '-').length }
}

interface Range {
  start: number
  end: number
}

/** The ranges of the script that differ, extended by the context, with adjacent ranges merged. */
const hunksOf = (script: Edit[], context: number): Range[] => {
  const ranges: Range[] = []
  script.forEach((edit, index) => {
    if (edit.kind === ' ') return
    const [start, end] = [Math.max(0, index - context), Math.min(script.length, index + context + 1)]
    const last = ranges.at(-1)
    if (last !== undefined && start <= last.end) last.end = end
    else ranges.push({ start, end })
  })
  return ranges
}

const hunk = (script: Edit[], start: number, end: number): string[] => {
  const part = script.slice(start, end)
  const before = script.slice(0, start)
  const old = position(linesOn('-', before), linesOn('-', part))
  const fresh = position(linesOn('+', before), linesOn('+', part))
  return [`@@ -${old} +${fresh} @@`, ...part.flatMap(bodyLines)]
}

const linesOn = (side: '-' | '+', script: Edit[]) => script.filter(edit => edit.kind === ' ' || edit.kind === side).length

/** `start,count` as diff writes it: the count is left out when it is 1, and an empty side is placed after the line before it. */
const position = (before: number, lines: number): string => {
  const start = lines === 0 ? before : before + 1
  return lines === 1 ? String(start) : `${start},${lines}`
}

const bodyLines = ({ kind, line }: Edit): string[] => (line.endsWith('\n') ? [kind + line.slice(0, -1)] : [kind + line, noNewline])
