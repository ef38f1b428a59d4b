const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `112 MiB`, `1.4 GiB`: at most three digits, so that changing values stay readable. */
export const bytes = (count: number): string => {
  let unit = 0
  let value = Math.max(0, count)
  // 999.5 would be rounded to four digits.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const figures = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value))
  return `${figures} ${units[unit]}`
}

/** `1 change`, `2 changes`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const rate = (bytesPerSecond: number) => `${bytes(bytesPerSecond)}/s`

/** Seconds as a clock: `0:12`, `1:02:03`. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A duration in ms, in short form: `40ms`, `1.2s`, `3m12s`, `1h02m`. */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`
  const s = Math.round(ms / 1000)
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`
  const m = Math.round(s / 60)
  return `${Math.floor(m / 60)}h${two(m % 60)}m`
}

const two = (value: number) => String(value).padStart(2, '0')
