/** Range of waits in the charts, ms: from below a fast fsync to beyond all patience. */
export const waits = { shortest: 1, longest: 200_000 }

/** Position of a wait between 0 and 1 on a logarithmic scale, where both 4 ms and 14 s are visible. Pure. */
export const logShare = (ms: number, { shortest, longest } = waits): number =>
  Math.log(Math.min(Math.max(ms, shortest), longest) / shortest) / Math.log(longest / shortest)

/** `850 ms`, `2.41 s`, `13.8 s`, `2 min 5 s`: three digits are enough. Pure. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
