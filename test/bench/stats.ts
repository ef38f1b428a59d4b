/** Summary of several rounds of one measurement. */
export interface Spread {
  median: number
  least: number
  most: number
}

/** Pure. For an even number of values, the mean of the two in the middle. NaN for an empty list. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const at = (i: number) => sorted[i] ?? Number.NaN
  return {
    median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  }
}
