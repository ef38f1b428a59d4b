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
