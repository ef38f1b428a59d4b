import type { Probe, Progress, Reading } from '../resources/resource.ts'
import { unknown } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import { type Changed, changeAndRead, type Ways } from './apply/change-and-read.ts'
import type { Changing } from './apply/change-script.ts'
import type { Entry as SourceEntry } from './sources/entry.ts'
import { readProbes } from './sources/read-probes.ts'
import type { Answer, Report } from './sources/run-entries.ts'

interface Entry {
  probe: Probe<unknown>
  reading?: Reading<unknown>
  fresh: boolean
}

/**
 * What is known of one host's resources. All of them are read in one round trip at first; after a change what it altered is stale and is
 * read again, together, when it is next needed. Straight after a change only the next few are read ahead (they are likely to be stale
 * again soon), and more as long as nothing changes: a bare host does not pay for reading everything after every change.
 */
export interface HostReadings {
  /**
   * The reading of one resource, from the host if it is stale; `along`, and what comes after it in the play, may travel with it. A probe that takes its time
   * prints `@progress`.
   */
  ensure(id: string, progress?: (progress: Progress) => void, along?: string[]): Promise<Reading<unknown>>
  /** What was read of a resource, unless it may be out of date. */
  fresh(id: string): Reading<unknown> | undefined
  /**
   * Changes the first of these, then the others, and reads them again in the same exec. Throws what the first change failed with. What they alter must have been
   * invalidated before.
   */
  change(ids: [string, ...string[]], changing: Changing, ways: Omit<Ways, 'reader'>, progress?: Report): Promise<Changed[]>
  /** What is known without asking; undefined when it was never read. */
  peek(id: string): Reading<unknown> | undefined
  /** What was read of these (of all, without a list) may be out of date. */
  invalidate(ids?: string[]): void
  /** A line for the host's own log; it travels with what is read next. */
  note(text: string): void
  /** What is read from now on is read through this connection; nothing that was read before counts. */
  moveTo(connection: Connection): void
}

export const hostReadings = (first: Connection, plan: { id: string; probe: Probe<unknown> }[]): HostReadings => {
  const entries = new Map<string, Entry>(plan.map(({ id, probe }) => [id, { probe, fresh: false }]))
  const order = plan.map(({ id }) => id)
  let ahead = Number.POSITIVE_INFINITY
  let generation = 0
  let notes: string[] = []
  let connection = first

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id)
    if (!entry) throw new Error(`no resource '${id}' in this play`)
    return entry
  }

  /** These, and of what comes after the last of them what is stale, as far as it is read ahead. */
  const batchFrom = (ids: string[]): Entry[] => {
    const from = order.indexOf(ids.at(-1) ?? '')
    const later = order.slice(from + 1).filter(other => !entries.get(other)?.fresh)
    return [...ids, ...later.slice(0, ahead)].map(entryOf)
  }

  const read = async (ids: string[], progress?: Report, first?: (entries: SourceEntry[], notes: string[]) => Promise<Answer[]>) => {
    const batch = batchFrom(ids)
    const started = generation
    const sent = notes
    notes = []
    const readings = await readProbes(
      connection,
      batch.map(entry => entry.probe),
      sent,
      progress,
      first && (scripts => first(scripts, sent)),
    )
    batch.forEach((entry, i) => {
      entry.reading = readings[i] ?? unknown('an answer')
      // what changed while we read may or may not be in the answer
      entry.fresh = generation === started
    })
    ahead = ahead * 4 + 1
  }

  return {
    fresh: id => (entries.get(id)?.fresh ? entries.get(id)?.reading : undefined),
    async ensure(id, progress, along = []) {
      const entry = entryOf(id)
      if (!entry.fresh || !entry.reading) await read([id, ...along.filter(other => other !== id && !entries.get(other)?.fresh)], progress)
      return entry.reading ?? unknown('an answer')
    },
    async change(ids, changing, ways, progress) {
      let all: Changed[] = []
      await read(ids, progress, async (scripts, sent) => {
        const { changed, answers } = await changeAndRead({ ...ways, reader: connection }, changing, scripts, sent, progress)
        all = changed
        return answers
      })
      return all
    },
    peek: id => entries.get(id)?.reading,
    invalidate(ids = order) {
      for (const id of ids) {
        const entry = entries.get(id)
        if (entry) entry.fresh = false
      }
      generation++
      ahead = 1
    },
    note: text => void notes.push(text),
    moveTo(other) {
      connection = other
      this.invalidate()
    },
  }
}
