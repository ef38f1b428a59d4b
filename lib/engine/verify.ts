import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from './events.ts'

/** ms from the first judgement to the next. */
const firstPause = 200

/**
 * The second reading: asks `judge` until it says ok or the time to settle (ms) is over; only then is a change `changed`.
 * `again` must make the next judgement read anew; `late` is called when the first was not the last: what was read beside it is older than the change.
 */
export const verify = async (
  judge: () => Promise<Outcome>,
  { again, late }: { again(): void; late(): void },
  limit: number,
  signal: AbortSignal,
): Promise<Outcome> => {
  const deadline = Date.now() + limit
  for (let pause = firstPause; ; pause = Math.min(pause * 1.5, 2000)) {
    again()
    const outcome = await judge()
    if (outcome.status === 'ok' || Date.now() + pause > deadline || signal.aborted) {
      if (pause > firstPause) late()
      return outcome
    }
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}
