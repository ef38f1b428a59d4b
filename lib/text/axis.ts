/** The range of a time axis, ms. */
export interface Range {
  from: number
  to: number
}

/** Pure: the position of a time on an axis, in percent of its width, so that one drawing fits charts of any width. */
export const percentAt = ({ from, to }: Range, at: number): number => round((100 * (at - from)) / (to - from))

/** Pure: the visible part of an interval, in percent; undefined when it is outside the axis. */
export const stretchOf = (range: Range, from: number, to: number): { x: number; width: number } | undefined => {
  if (to < range.from || from > range.to) return undefined
  const x = percentAt(range, Math.max(from, range.from))
  return { x, width: round(percentAt(range, Math.min(to, range.to)) - x) }
}

const steps = [1, 2, 5]

/** Pure: round times for the ticks of an axis, at most `most` of them, in ms. */
export const ticksOf = ({ from, to }: Range, most: number): number[] => {
  const least = (to - from) / most
  const magnitude = 10 ** Math.floor(Math.log10(least))
  const step = (steps.find(s => s * magnitude >= least) ?? 10) * magnitude
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step)
}

const round = (value: number): number => Math.round(value * 1000) / 1000
