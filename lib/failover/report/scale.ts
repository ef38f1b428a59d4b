/** The range of a time axis, ms. */
export interface Range {
  from: number
  to: number
}

/** Where a moment lies on an axis, in percent of its width: charts of any width share one drawing. Pure. */
export const percentAt = ({ from, to }: Range, at: number): number => round((100 * (at - from)) / (to - from))

/** What is seen of a stretch of time, in percent; undefined when it lies outside. Pure. */
export const stretchOf = (range: Range, from: number, to: number): { x: number; width: number } | undefined => {
  if (to < range.from || from > range.to) return undefined
  const x = percentAt(range, Math.max(from, range.from))
  return { x, width: round(percentAt(range, Math.min(to, range.to)) - x) }
}

/** The waits that the charts show, ms: below a fsync on a good day, above all patience. */
export const waits = { shortest: 1, longest: 200_000 }

/** Where a wait lies between 0 and 1 on a logarithmic scale: 4 ms and 14 s are both to be seen. Pure. */
export const logShare = (ms: number, { shortest, longest } = waits): number =>
  Math.log(Math.min(Math.max(ms, shortest), longest) / shortest) / Math.log(longest / shortest)

const steps = [1, 2, 5]

/** Round moments of an axis, at most `most` of them, in ms. Pure. */
export const ticksOf = ({ from, to }: Range, most: number): number[] => {
  const least = (to - from) / most
  const magnitude = 10 ** Math.floor(Math.log10(least))
  const step = (steps.find(s => s * magnitude >= least) ?? 10) * magnitude
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step)
}

const round = (value: number): number => Math.round(value * 1000) / 1000

/** `850 ms`, `2.41 s`, `13.8 s`, `2 min 5 s`: three figures are enough. Pure. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
