import { randomBytes } from 'node:crypto'
import { reporting } from '../../resources/progress.ts'
import { notRead, type ProbeOutput, type Unknown } from '../../resources/reading.ts'
import type { Progress } from '../../resources/resource.ts'
import { type Connection, type ScriptResult, TooMuchOutput } from '../../ssh/connection.ts'
import { answered, batchScript, parseBatch, unfinished } from '../frames.ts'
import type { Entry, Printed } from './entry.ts'

export type Report = (progress: Progress) => void

/** Output of a script, or why it is unknown; `printed`: the output before it hung. */
export type Answer = ProbeOutput | (Unknown & { printed?: string })

/** After this many scripts that hang or flood, the host is not asked any more: each of the rest could take its full time limit. */
const patience = 4

/** Runs scripts in one exec. Only a script that hangs is Unknown; those after it are run by another exec. */
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

/** Pure: the output of each script, as far as they finished. */
export const answersOf = (outputs: Printed[], arrivals: number[], entries: Entry[]): Answer[] =>
  outputs.slice(0, entries.length).map((printed, i): Answer => ({ ...printed, at: arrivals[i] ?? Date.now() }))

/** Answers from the first unfinished script on: that one is unknown, another exec runs the others. */
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
  /** When each of them ended, ms since the epoch. */
  arrivals: number[]
  /** Of a flood: the error that ended it. */
  failure?: unknown
}

/** Watches the frames arrive. Each script has its own limit (ms), so the host need not fork a timer. */
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
        // Search only the new text, plus as much of the old as may hold the start of a frame: a host may send a byte at a time.
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
    // All have answered and it still prints: the host is broken, not a probe.
    const flood = error instanceof TooMuchOutput && done < parts.length
    if (!stuck && !flood) throw error
    return { result: { code: 124, stdout, stderr }, ending: stuck ? 'stuck' : 'flood', arrivals, failure: error }
  } finally {
    clearTimeout(timer)
  }
}
