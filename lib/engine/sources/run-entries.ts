import { randomBytes } from 'node:crypto'
import { reporting } from '../../resources/progress.ts'
import type { ProbeOutput, Progress, Unknown } from '../../resources/resource.ts'
import { notRead } from '../../resources/resource.ts'
import { type Connection, type ScriptResult, TooMuchOutput } from '../../ssh/connection.ts'
import { answered, batchScript, parseBatch, unfinished } from '../frames.ts'
import type { Entry, Printed } from './entry.ts'

export type Report = (progress: Progress) => void

/** What a script printed, or why that is not known; `printed`: what had come before it hung. */
export type Answer = ProbeOutput | (Unknown & { printed?: string })

/** After so many that hang or flood the host is not asked any more: it would take a whole limit for each of the rest. */
const patience = 4

/** Runs scripts in one exec; one that hangs is Unknown for itself alone, and those behind it are run by another. */
export const runEntries = async (
  connection: Connection,
  entries: Entry[],
  notes: string[],
  progress?: Report,
  broken = 0,
): Promise<Answer[]> => {
  if (entries.length === 0) return []
  if (broken >= patience) return entries.map(() => notRead(`not asked, because ${patience} reads before this one did not end`))
  const boundary = `=${randomBytes(12).toString('hex')}`
  const ended = await runWithin(connection, batchScript(entries, boundary, notes), entries, boundary, progress)
  const { stdout, stderr } = ended.result
  const answers = answersOf(parseBatch(stdout, stderr, boundary), ended.arrivals, entries)
  if (answers.length === entries.length) return answers
  return [...answers, ...(await restOf(connection, entries, answers.length, ended, boundary, progress, broken))]
}

/** Pure: what each script has printed, as far as they came to an end. */
export const answersOf = (outputs: Printed[], arrivals: number[], entries: Entry[]): Answer[] =>
  outputs.slice(0, entries.length).map((printed, i): Answer => ({ ...printed, at: arrivals[i] ?? Date.now() }))

/** The answers from the first on that did not come to its end: that one is unknown, the others are run by another exec. */
export const restOf = async (
  connection: Connection,
  entries: Entry[],
  first: number,
  { ending, result }: Ended,
  boundary: string,
  progress?: Report,
  broken = 0,
): Promise<Answer[]> => {
  const limit = (entries[first]?.timeout ?? 0) / 1000
  const why = {
    stuck: `no answer within ${limit} s`,
    flood: 'its output did not end',
    end: `the shell ended with exit code ${result.code}`,
  }[ending]
  const rest = await runEntries(connection, entries.slice(first + 1), [], progress, broken + (ending === 'end' ? 0 : 1))
  const printed = ending === 'stuck' ? { printed: unfinished(result.stdout, boundary) } : {}
  return [{ ...notRead(why), ...printed }, ...rest]
}

/** How an exec of many scripts ended. */
export interface Ended {
  result: ScriptResult
  ending: 'end' | 'stuck' | 'flood'
  /** When each of them had ended, ms since the epoch. */
  arrivals: number[]
  /** Of a flood: what it was ended with. */
  failure?: unknown
}

/** Watches the frames arrive: the limit is each script's own (ms), so nothing has to be forked on the host to keep time. */
export const runWithin = async (
  connection: Connection,
  script: string,
  parts: { timeout: number }[],
  boundary: string,
  progress?: Report,
): Promise<Ended> => {
  const abort = new AbortController()
  let stdout = ''
  let stderr = ''
  const arrivals: number[] = []
  let done = 0
  let tail = ''
  let stuck = false
  const limit = () => parts[Math.min(done, parts.length - 1)]?.timeout ?? 0
  const onLimit = () => {
    stuck = true
    abort.abort()
  }
  let timer = setTimeout(onLimit, limit())
  try {
    const result = await connection.run(script, {
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
    const flood = error instanceof TooMuchOutput && done < parts.length
    if (!stuck && !flood) throw error
    return { result: { code: 124, stdout, stderr }, ending: stuck ? 'stuck' : 'flood', arrivals, failure: error }
  } finally {
    clearTimeout(timer)
  }
}
