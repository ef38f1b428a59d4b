import type { Probe, Progress, Reading } from '../resources/resource.ts'
import { unknown } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import { readProbes } from './sources/read-probes.ts'

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
  /** The reading of one resource, from the host if it is stale; what comes after it in the play may travel with it. A probe that takes its time prints `@progress`. */
  ensure(id: string, progress?: (progress: Progress) => void): Promise<Reading<unknown>>
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

  const wanted = (id: string): [string, Entry][] => {
    const from = order.indexOf(id)
    const later = order.slice(from + 1).filter(other => !entries.get(other)?.fresh)
    return [id, ...later.slice(0, ahead)].map(name => [name, entries.get(name) as Entry])
  }

  return {
    async ensure(id, progress) {
      const entry = entries.get(id)
      if (!entry) throw new Error(`no resource '${id}' in this play`)
      if (entry.fresh && entry.reading) return entry.reading
      const batch = wanted(id)
      const started = generation
      const sent = notes
      notes = []
      const readings = await readProbes(
        connection,
        batch.map(([, e]) => e.probe),
        sent,
        progress,
      )
      batch.forEach(([, e], i) => {
        e.reading = readings[i] ?? unknown('an answer')
        // what changed while we read may or may not be in the answer
        e.fresh = generation === started
      })
      ahead = ahead * 4 + 1
      return entry.reading ?? unknown('an answer')
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
