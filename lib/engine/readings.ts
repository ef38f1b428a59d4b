import { notRead, type Probe, type Reading } from '../resources/reading.ts'
import type { Place, Progress } from '../resources/resource.ts'
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
 * Readings of one host's resources. At first all are read in one round trip; after a change, what it may have changed is stale and is read
 * again, together, when it is next needed. Directly after a change only the next few are read ahead (they are likely to become stale soon),
 * and more as long as nothing changes: so a bare host does not read everything again after every change.
 */
export interface HostReadings {
  /**
   * The reading of one resource, from the host if it is stale; `along`, and what follows in the play, may be read with it. A slow probe
   * prints `@progress`.
   */
  ensure(id: string, progress?: (progress: Progress) => void, along?: string[]): Promise<Reading<unknown>>
  /** A reading that a change may be based on: not stale, and not from before the lock was held. */
  fresh(id: string): Reading<unknown> | undefined
  /**
   * Changes the first of these, then the others, and reads them again in the same exec. Throws the error of the first change. The caller
   * must have invalidated what they change.
   */
  change(ids: [string, ...string[]], changing: Changing, ways: Omit<Ways, 'reader'>, progress?: Report): Promise<Changed[]>
  /** The last reading, without contacting the host; undefined when there is none. */
  peek(id: string): Reading<unknown> | undefined
  /** Marks readings of these (without a list: of all) as stale. */
  invalidate(ids?: string[]): void
  /** A resource has changed this place: marks its reading, and those that may have read the place, as stale. */
  invalidateBy(own: string, place: Place): void
  /**
   * The lock is held from now on. Earlier readings may still be judged, since nobody else has changed anything; `renew` makes them stale.
   */
  lockTaken(): void
  /** Marks those of these readings as stale that are from before the lock was held: no change is based on them. */
  renew(ids: string[]): void
  /** Adds a line for the host's own log; it is sent with the next read. */
  note(text: string): void
  /** Reads through this connection from now on; earlier readings are discarded. */
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
  /** Readings requested since the last change that were not stale. */
  let quiet = 0
  let notes: string[] = []
  let connection = first

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id)
    if (!entry) throw new Error(`no resource '${id}' in this play`)
    return entry
  }

  const isCurrent = ({ fresh, early }: Entry): boolean => fresh && !(early && hasLock)

  /** It is stale, or not valid for a change and almost free to read along. */
  const isDue = (entry: Entry): boolean => !entry.fresh || (!isCurrent(entry) && isOfFiles(entry.probe))

  /** These, and the stale ones after the last of them, as far as we read ahead. */
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
      // a change during the read may or may not be in the answer
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
      // If much is unchanged, much of the rest probably is too.
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
