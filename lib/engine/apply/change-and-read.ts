import { randomBytes } from 'node:crypto'
import { failedScript } from '../../resources/outcome.ts'
import { type Connection, ScriptTimeout } from '../../ssh/connection.ts'
import { batchScript, parseBatch, unfinished } from '../frames.ts'
import type { Entry, Printed } from '../sources/entry.ts'
import { type Answer, answersOf, type Ended, type Report, restOf, runEntries, runWithin } from '../sources/run-entries.ts'
import { type ChangePart, type Changing, changeLines, lockGone, notReached } from './change-script.ts'

/** Result of one of several changes. `ms`: how long it took. */
export type Changed = { kind: 'done'; ms: number } | { kind: 'failed'; ms: number; error: unknown } | { kind: 'not reached' }

export interface Ways {
  /** Scripts on this connection run only while the lock is held. */
  writer: Connection
  /** For probes that need an exec of their own. */
  reader: Connection
  /** The error of a change that did not run because another run had the lock by then. */
  lockLost(said: string): Error
}

/**
 * Applies changes and reads the result in one exec. Throws the error of the first change; nothing is read then. The error of a later change
 * is in its result, and what was changed before it is read.
 */
export const changeAndRead = async (
  { writer, reader, lockLost }: Ways,
  changing: Changing,
  entries: Entry[],
  notes: string[],
  progress?: Report,
): Promise<{ changed: Changed[]; answers: Answer[] }> => {
  const { parts } = changing
  const boundary = `=${randomBytes(12).toString('hex')}`
  const started = Date.now()
  const script = [...changeLines(changing, boundary), batchScript(entries, boundary, notes)].join('\n')
  const ended = await runWithin(writer, script, [...parts, ...entries], boundary, progress)
  const outputs = parseBatch(ended.result.stdout, ended.result.stderr, boundary)
  const changed = parts.map((part, i): Changed => {
    const ms = (ended.arrivals[i] ?? Date.now()) - (ended.arrivals[i - 1] ?? started)
    const printed = outputs[i]
    if (printed) return resultOf(part, printed, ms, lockLost)
    return i === outputs.length ? { kind: 'failed', ms, error: brokenOff(part, ended, boundary, writer.host) } : { kind: 'not reached' }
  })
  const [first] = changed
  if (first?.kind === 'failed') throw first.error
  // One of them hung, so nothing after it ran and nothing was read.
  if (outputs.length < parts.length) return { changed, answers: await runEntries(reader, entries, [], progress) }
  const answers = answersOf(outputs.slice(parts.length), ended.arrivals.slice(parts.length), entries)
  if (answers.length === entries.length) return { changed, answers }
  return { changed, answers: [...answers, ...(await restOf(reader, entries, answers.length, ended, boundary, progress))] }
}

const resultOf = ({ what, hint }: ChangePart, printed: Printed, ms: number, lockLost: Ways['lockLost']): Changed => {
  if (printed.code === 0) return { kind: 'done', ms }
  if (printed.code === notReached) return { kind: 'not reached' }
  return { kind: 'failed', ms, error: printed.code === lockGone ? lockLost(printed.stderr) : failedScript(what, printed, hint) }
}

/** Why a change did not finish. */
const brokenOff = ({ what, timeout, hint }: ChangePart, { ending, result, failure }: Ended, boundary: string, host: string): unknown => {
  if (ending === 'stuck') return new ScriptTimeout(`${host}: ${what} took longer than ${timeout / 1000} s and was terminated`)
  if (ending === 'flood') return failure
  return failedScript(what, { ...result, stdout: unfinished(result.stdout, boundary) }, hint)
}
