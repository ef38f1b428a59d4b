import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../resources/resource.ts'

/** How far a host's clock is ahead of ours, seconds, and how sure that is: half of the round trip it was measured with. */
export interface ClockSample {
  offset: number
  error: number
  /** When it was measured, seconds since the epoch by our clock. */
  at: number
}

const questions = 5

/** Pure: the host's answer lies somewhere between our question and its arrival. */
export const sampleOf = (asked: number, host: number, answered: number): ClockSample => ({
  offset: host - (asked + answered) / 2,
  error: (answered - asked) / 2,
  at: answered,
})

/** Pure: the surest of several. */
export const surest = (samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.reduce<ClockSample | undefined>((best, s) => (best === undefined || s.error < best.error ? s : best), undefined)

/** The measurement that is nearest to a moment of the host's own clock. */
const nearest = (host: number, samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.reduce<ClockSample | undefined>((best, s) => {
    const distance = (x: ClockSample) => Math.abs(host - x.offset - x.at)
    return best === undefined || distance(s) < distance(best) ? s : best
  }, undefined)

/** In our time, seconds since the epoch: since when a host's clock may have stood still, and until when, where it went on from there. */
export interface Stop {
  from: number
  until?: number
}

/**
 * Pure: a host's time in ours, by the measurement that is nearest to it. After a stop (it was frozen, or had no power) what it dates later is told by a
 * later measurement, however near an earlier one seems. A clock that goes on where it stood dates into the stop what comes after, until a boot
 * sets it right.
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

/** Asks the host's clock a few times over one open script, so that no start of a shell is in the round trip. */
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
