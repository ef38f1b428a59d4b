import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../resources/resource.ts'

/** How far a host's clock is ahead of ours, seconds, and the uncertainty: half of the round trip of the measurement. */
export interface ClockSample {
  offset: number
  error: number
  /** When it was measured, seconds since the epoch by our clock. */
  at: number
}

const questions = 5

/** Pure: the host answered at some time between our question and the arrival of the answer. */
export const sampleOf = (asked: number, host: number, answered: number): ClockSample => ({
  offset: host - (asked + answered) / 2,
  error: (answered - asked) / 2,
  at: answered,
})

/** Pure: the sample with the smallest error. */
export const surest = (samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.reduce<ClockSample | undefined>((best, s) => (best === undefined || s.error < best.error ? s : best), undefined)

/** The measurement closest to a moment of the host's own clock. */
const nearest = (host: number, samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.reduce<ClockSample | undefined>((best, s) => {
    const distance = (x: ClockSample) => Math.abs(host - x.offset - x.at)
    return best === undefined || distance(s) < distance(best) ? s : best
  }, undefined)

/**
 * The time in which a host's clock may have stood still, and `until` when it continued from there; seconds since the epoch by our clock.
 */
export interface Stop {
  from: number
  until?: number
}

/**
 * Pure: converts a host's time to ours, using the closest measurement. After a stop (frozen, or without power) later times use a later
 * measurement, even if an earlier one seems closer. A clock that continues where it stood gives later events times within the stop, until a
 * boot corrects it.
 */
export const toOurs = (host: number, samples: readonly ClockSample[], stop: Stop = { from: Number.POSITIVE_INFINITY }): number => {
  const before = nearest(
    host,
    samples.filter(s => s.at <= stop.from),
  )
  const after = nearest(
    host,
    samples.filter(s => s.at > stop.from),
  )
  const first = host - (before?.offset ?? 0)
  if (stop.until !== undefined && first > stop.from && first < stop.until) return first + stop.until - stop.from
  const isLater = before === undefined || first > stop.from
  return host - ((isLater ? (after ?? before) : before)?.offset ?? 0)
}

/** Asks for the host's time several times over one open script, so that the round trip does not include the start of a shell. */
export const measureClock = async (connection: Connection): Promise<ClockSample> => {
  const samples: ClockSample[] = []
  let asked = 0
  let wake: () => void = () => undefined
  const ask = async function* () {
    for (let n = 0; n < questions; n++) {
      await delay(20)
      const answer = new Promise<void>(resolve => {
        wake = resolve
      })
      asked = Date.now() / 1000
      yield '\n'
      await Promise.race([answer, delay(5_000)])
    }
  }
  await connection.run('while read -r _; do date +%s.%N; done', {
    input: Readable.from(ask(), { objectMode: false, highWaterMark: 1 }),
    timeout: 30_000,
    onStdout: text => {
      const host = Number(text.trim().split('\n').at(-1))
      if (host > 0) samples.push(sampleOf(asked, host, Date.now() / 1000))
      wake()
    },
  })
  const best = surest(samples)
  if (!best) throw new Error(`${connection.host}: its clock does not answer`)
  return best
}
