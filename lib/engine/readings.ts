import { randomBytes } from 'node:crypto'
import { reporting } from '../resources/progress.ts'
import type { Probe, ProbeOutput, Progress, Reading } from '../resources/resource.ts'
import { unknown } from '../resources/resource.ts'
import { type Connection, type ScriptResult, TooMuchOutput } from '../ssh/connection.ts'
import { answered, batchScript, parseBatch, unfinished } from './frames.ts'

const defaultTimeout = 20_000

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

/** Runs probes in one exec and parses each; one that hangs is Unknown for itself alone, those behind it are read by another exec. */
export const readProbes = async (
  connection: Connection,
  asked: Probe<unknown>[],
  notes: string[] = [],
  progress?: Report,
): Promise<Reading<unknown>[]> => {
  if (asked.length === 0) return []
  const probes = withoutDoubles(asked)
  const readings = await readEach(connection, probes, notes, progress)
  return asked.map((probe, i) => {
    const at = probes.findIndex(p => p.sh === probe.sh)
    const reading = readings[at]
    // Same script, another meaning: what one probe makes of the answer is not what the other does.
    return probes[at] === probe || reading?.output === undefined
      ? (reading?.reading ?? unknown('an answer'))
      : parseSafely(asked[i] as Probe<unknown>, reading.output)
  })
}

/** One script asked for by several resources runs once. */
const withoutDoubles = (probes: Probe<unknown>[]): Probe<unknown>[] =>
  probes.filter((probe, i) => probes.findIndex(p => p.sh === probe.sh) === i)

type Report = (progress: Progress) => void

interface Answer {
  reading: Reading<unknown>
  output?: ProbeOutput
}

/** After so many probes that hang or flood the host is not asked any more: it would take a whole limit for each of the rest. */
const patience = 4

const readEach = async (
  connection: Connection,
  probes: Probe<unknown>[],
  notes: string[],
  progress?: Report,
  broken = 0,
): Promise<Answer[]> => {
  if (probes.length === 0) return []
  if (broken >= patience)
    return probes.map(() => ({ reading: unknown(`an answer: ${patience} readings before this one did not come to an end`) }))
  const boundary = `=${randomBytes(12).toString('hex')}`
  const { result, ending, arrivals } = await runWithin(connection, probes, boundary, notes, progress)
  const outputs = parseBatch(result.stdout, result.stderr, boundary)
  const readings = outputs.slice(0, probes.length).map((answer, i): Answer => {
    const output = { ...answer, at: arrivals[i] ?? Date.now() }
    return { reading: parseSafely(probes[i] as Probe<unknown>, output), output }
  })
  if (readings.length === probes.length) return readings
  const stuck = probes[readings.length]
  const limit = (stuck?.timeout ?? defaultTimeout) / 1000
  const why = {
    stuck: `an answer: none came within ${limit} s`,
    flood: 'an answer: it printed without end',
    end: `an answer: the shell ended with code ${result.code}`,
  }[ending]
  const rest = await readEach(connection, probes.slice(readings.length + 1), [], progress, broken + (ending === 'end' ? 0 : 1))
  const part = ending === 'stuck' ? partOf(stuck, unfinished(result.stdout, boundary)) : undefined
  return [...readings, { reading: { ...unknown(why), ...(part && { partly: part }) } }, ...rest]
}

/** What an answer that was cut off tells; nothing where its probe cannot say. */
const partOf = (probe: Probe<unknown> | undefined, stdout: string): object | undefined => {
  try {
    return probe?.parsePart?.(stdout)
  } catch {
    return undefined
  }
}

const parseSafely = (probe: Probe<unknown>, output: Parameters<Probe<unknown>['parse']>[0]): Reading<unknown> => {
  try {
    return probe.parse(output)
  } catch (error) {
    return unknown(`an answer that can be understood: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Watches the frames arrive: the limit is each probe's own, so nothing has to be forked on the host to keep time. */
const runWithin = async (
  connection: Connection,
  probes: Probe<unknown>[],
  boundary: string,
  notes: string[],
  progress?: Report,
): Promise<{ result: ScriptResult; ending: 'end' | 'stuck' | 'flood'; arrivals: number[] }> => {
  const abort = new AbortController()
  let stdout = ''
  let stderr = ''
  const arrivals: number[] = []
  let done = 0
  let tail = ''
  let stuck = false
  const limit = () => probes[Math.min(done, probes.length - 1)]?.timeout ?? defaultTimeout
  const onLimit = () => {
    stuck = true
    abort.abort()
  }
  let timer = setTimeout(onLimit, limit())
  try {
    const result = await connection.run(batchScript(probes, boundary, notes), {
      signal: abort.signal,
      onStdout: text => {
        stdout += text
        // Only what is new, and as much of the old as a frame may have begun in: a host may send a byte at a time.
        tail += text
        const now = done + answered(tail, boundary)
        tail = tail.slice(Math.max(tail.lastIndexOf(`\n${boundary} `) + 1, tail.length - boundary.length - 2))
        if (now === done) return
        while (done < now) arrivals[done++] = Date.now()
        clearTimeout(timer)
        timer = setTimeout(onLimit, limit())
      },
      onStderr: text => {
        stderr += text
        if (progress) reporting(progress)(text)
      },
    })
    return { result, ending: 'end', arrivals }
  } catch (error) {
    // All have answered, and still it prints: not one probe is broken, the host is.
    const flood = error instanceof TooMuchOutput && done < probes.length
    if (!stuck && !flood) throw error
    return { result: { code: 124, stdout, stderr }, ending: stuck ? 'stuck' : 'flood', arrivals }
  } finally {
    clearTimeout(timer)
  }
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
