import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../engine/events.ts'
import { runLog } from '../../report/run-log.ts'
import { stateHome } from '../state-home.ts'

/** Number of runs to keep. */
const kept = 200

export const runsFolder = (): string => join(stateHome(), 'runs')

/** From here on a host may be changed, so the run is logged, whatever its outcome. */
const isChange = (event: Event): boolean =>
  (event.type === 'task-start' && event.phase === 'apply') || event.type === 'handler-start' || isChangedEnd(event)

const isChangedEnd = (event: Event): boolean => (event.type === 'task-end' || event.type === 'handler-end') && event.status === 'changed'

/**
 * Keeps the log of a run that changes something: its events, already masked, without progress. The events before the first change are
 * written with it, later ones as they come, so that a run that crashes leaves a record of what it did.
 */
export const runHistory = (folder = runsFolder()) => {
  let waiting: Event[] | undefined = []
  let log: ReturnType<typeof runLog> | undefined
  const open = (run: string) => {
    log = runLog(join(folder, `${run}.jsonl`))
    for (const event of waiting ?? []) log.on(event)
    waiting = undefined
    prune(folder)
  }
  return {
    on(event: Event) {
      if (event.type === 'run-start' && event.check) waiting = undefined
      if (event.type === 'task-progress' || (waiting === undefined && log === undefined)) return
      if (waiting !== undefined) waiting.push(event)
      else log?.on(event)
      if (waiting !== undefined && isChange(event)) open(event.run)
    },
    close: () => void log?.close(),
  }
}

/** The id of a run begins with its time, so the first names are the oldest. */
const prune = (folder: string): void => {
  for (const old of namesIn(folder).slice(0, -kept)) rmSync(join(folder, old), { force: true })
}

const namesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith('.jsonl'))
        .sort()
    : []

/** Ids of the stored runs, oldest first. */
export const keptRuns = (folder = runsFolder()): string[] => namesIn(folder).map(name => name.replace(/\.jsonl$/, ''))

/** Events of a stored run, without a last line that a crash cut off. */
export const eventsOf = (run: string, folder = runsFolder()): Event[] =>
  readFileSync(join(folder, `${run}.jsonl`), 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Event]
      } catch {
        return []
      }
    })
