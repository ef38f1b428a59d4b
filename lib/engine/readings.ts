import type { Place, Probe, Progress, Reading } from '../resources/resource.ts'
import { notRead } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import { type Changed, changeAndRead, type Ways } from './apply/change-and-read.ts'
import type { Changing } from './apply/change-script.ts'
import { mayRead } from './sources/affected.ts'
import type { Entry as SourceEntry } from './sources/entry.ts'
import { readProbes } from './sources/read-probes.ts'
import type { Answer, Report } from './sources/run-entries.ts'

interface Entry {
  probe: Probe<unknown>
  reading?: Reading<unknown>
  fresh: boolean
  /** Read before the lock was held. */
  early: boolean
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
  /** What was read of a resource, where something may be changed by that: it is not out of date, nor from before the lock was held. */
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
  /** A resource has changed this place: what was read of it, and what may have been read of the place, is out of date. */
  invalidateBy(own: string, place: Place): void
  /** The lock is held from now on. What was read before may be judged by, for nobody else has changed anything; `renew` makes it stale. */
  lockTaken(): void
  /** Makes stale which of these was read before the lock was held: nothing is changed by that. */
  renew(ids: string[]): void
  /** A line for the host's own log; it travels with what is read next. */
  note(text: string): void
  /** What is read from now on is read through this connection; nothing that was read before counts. */
  moveTo(connection: Connection): void
}

/** All files are read together. */
const isOfFiles = ({ reads }: Probe<unknown>): boolean =>
  reads?.every(piece => typeof piece !== 'string' && 'kind' in piece && piece.kind === 'file') === true

export const hostReadings = (first: Connection, plan: { id: string; probe: Probe<unknown> }[]): HostReadings => {
  const entries = new Map<string, Entry>(plan.map(({ id, probe }) => [id, { probe, fresh: false, early: false }]))
  const order = plan.map(({ id }) => id)
  let ahead = Number.POSITIVE_INFINITY
  let generation = 0
  let hasLock = false
  /** Readings that were asked for since the last change and needed no look. */
  let quiet = 0
  let notes: string[] = []
  let connection = first

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id)
    if (!entry) throw new Error(`no resource '${id}' in this play`)
    return entry
  }

  const isCurrent = ({ fresh, early }: Entry): boolean => fresh && !(early && hasLock)

  /** It is stale, or could not be changed by, and to read it along costs next to nothing. */
  const isDue = (entry: Entry): boolean => !entry.fresh || (!isCurrent(entry) && isOfFiles(entry.probe))

  /** These, and of what comes after the last of them what is stale, as far as it is read ahead. */
  const batchFrom = (ids: string[]): Entry[] => {
    const from = order.indexOf(ids[0] ?? '')
    const later = order.slice(from + 1).filter(other => !ids.includes(other) && isDue(entryOf(other)))
    return [...ids, ...later.slice(0, ahead)].map(entryOf)
  }

  const read = async (ids: string[], progress?: Report, first?: (entries: SourceEntry[], notes: string[]) => Promise<Answer[]>) => {
    const batch = batchFrom(ids)
    const started = generation
    const early = !hasLock
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
      entry.reading = readings[i] ?? notRead('no answer')
      // what changed while we read may or may not be in the answer
      entry.fresh = generation === started
      entry.early = early
    })
    ahead = ahead * 4 + 1
  }

  return {
    fresh(id) {
      const entry = entries.get(id)
      return entry && isCurrent(entry) ? entry.reading : undefined
    },
    async ensure(id, progress, along = []) {
      const entry = entryOf(id)
      if (entry.fresh && entry.reading) quiet++
      else await read([id, ...along.filter(other => other !== id && !isCurrent(entryOf(other)))], progress)
      return entry.reading ?? notRead('no answer')
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
      // Where much is in order, so is much of what comes.
      ahead = quiet >= 5 ? 21 : 1
      quiet = 0
    },
    invalidateBy(own, place) {
      this.invalidate(order.filter(id => id === own || mayRead(entryOf(id).probe, place)))
    },
    lockTaken() {
      hasLock = true
    },
    renew(ids) {
      for (const id of ids) {
        const entry = entries.get(id)
        if (entry?.early) entry.fresh = false
      }
    },
    note: text => void notes.push(text),
    moveTo(other) {
      connection = other
      this.invalidate()
    },
  }
}
