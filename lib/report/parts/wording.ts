import type { Event } from '../../engine/events.ts'
import type { Progress } from '../../resources/resource.ts'
import { clock, rate } from '../../text/amounts.ts'
import { oneLine } from '../../text/layout.ts'

export type TaskEnd = Extract<Event, { type: 'task-end' }>
export type HandlerEnd = Extract<Event, { type: 'handler-end' }>

/** Options of the run that affect how it is shown. */
export interface Mode {
  check: boolean
  diff: boolean
  verbosity: number
}

/** A status as text; in check mode nothing has happened yet. */
export const statusWord = ({ status, pending }: TaskEnd | HandlerEnd, check: boolean): string => {
  if (pending === true) return 'pending'
  if (status === 'changed' && check) return 'would change'
  return status === 'failed' ? 'FAILED' : status
}

export const subjectOf = (event: TaskEnd | HandlerEnd) => oneLine(event.type === 'task-end' ? event.resource : `handler ${event.handler}`)

/** The hosts of this row: a cluster resource names all of its hosts. */
export const hostsOf = (event: TaskEnd | HandlerEnd) => (event.type === 'task-end' ? (event.hosts ?? [event.host]).join(',') : event.host)

/** Whether an end is shown. What is in sync or does not apply is not, unless verbose; pending work always is. */
export const isWorthALine = (event: TaskEnd | HandlerEnd, { verbosity }: Mode): boolean => {
  if (verbosity > 0) return true
  return event.status === 'skipped' ? event.pending === true : event.status !== 'ok'
}

export const changesOf = (event: TaskEnd | HandlerEnd) => event.changes ?? []

/** The text after a progress bar: `90% 112 MiB/s  0:12 left`. */
export const progressFigures = ({ percent, speed, remaining }: Progress): string => {
  const parts = [percent !== undefined && `${Math.floor(percent)}%`, speed !== undefined && rate(speed)].filter(part => part !== false)
  const left = remaining === undefined ? [] : [`${clock(remaining)} left`]
  return [parts.join(' '), ...left].filter(part => part !== '').join('  ')
}
