import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from './events.ts'

/** ms from the first judgement to the next. */
const firstPause = 200

interface Rereading {
  again(): void
  late(): void
  /** The reading made by the apply is judged first. */
  isRead?: boolean
}

/**
 * The second reading: calls `judge` until it returns ok or the settle time (ms) is over; only ok makes a change `changed`. `again` must
 * make the next judgement read the host again. `late` is called when it took more than one: readings made with the first are outdated.
 */
export const verify = async (
  judge: () => Promise<Outcome>,
  { again, late, isRead = false }: Rereading,
  limit: number,
  signal: AbortSignal,
): Promise<Outcome> => {
  const deadline = Date.now() + limit
  for (let pause = firstPause; ; pause = Math.min(pause * 1.5, 2000)) {
    if (!isRead || pause > firstPause) again()
    const outcome = await judge()
    if (outcome.status === 'ok' || Date.now() + pause > deadline || signal.aborted) {
      if (pause > firstPause) late()
      return outcome
    }
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}
