import type { Event } from '../../engine/events.ts'
import { duration } from '../../text/amounts.ts'
import { lastLines, oneLine } from '../../text/layout.ts'
import { diffLines, summaryOf } from '../parts/changes.ts'
import type { Palette } from '../parts/palette.ts'
import { statusLines } from '../parts/status-lines.ts'
import { tableLines } from '../parts/table.ts'
import { changesOf, type HandlerEnd, hostsOf, isWorthALine, type Mode, statusWord, subjectOf, type TaskEnd } from '../parts/wording.ts'
import { profileLines } from '../profile/lines.ts'

/** Lines of a failed command's output that are shown; the log has all of it. */
const mostDetailLines = 20

/** The lines of one event for pipes and logs: each names its host, role and subject, so that grep finds it. */
export const plainLines = (event: Event, mode: Mode, colors: Palette): string[] => {
  switch (event.type) {
    case 'play-start':
      return [colors.heading(`PLAY [${oneLine(event.play)}] ${event.hosts.join(', ')}`)]
    case 'play-skipped':
      return [colors.status.skipped(`PLAY [${oneLine(event.play)}] skipped: ${oneLine(event.reason)}`)]
    case 'host-ready':
      return mode.verbosity > 0 ? [`${event.host} | connected: ${oneLine(event.platform)}, ${event.total} tasks`] : []
    case 'task-start':
      return mode.verbosity > 1 ? [`${event.host} | ${event.role} | ${oneLine(event.resource)}: ${event.phase}`] : []
    case 'task-end':
    case 'handler-end':
      return isWorthALine(event, mode) ? endLines(event, mode, colors) : []
    case 'handler-notified':
      return [`${event.host} | ${event.role} | handler ${oneLine(event.handler)}: notified by ${oneLine(event.by)}`]
    case 'handler-start':
      return mode.verbosity > 0 ? [`${event.host} | ${event.role} | handler ${oneLine(event.handler)}: started`] : []
    case 'host-unreachable':
      return [colors.status.unreachable(`${event.host} | UNREACHABLE: ${oneLine(event.message)}`), ...hintLines(event.hint, colors)]
    case 'host-stopped':
      return [colors.status.skipped(`${event.host} | stopped: ${oneLine(event.reason)}, ${event.remaining} tasks left`)]
    case 'locked':
      return [colors.status.failed(`${event.host} | ${lockWords(event)}`), ...hintLines(event.hint, colors)]
    case 'table':
      return tableLines(event, colors)
    case 'status':
      return ['', ...statusLines(event.status, colors)]
    case 'profile':
      return profileLines(event.profile, colors)
    case 'message':
      return messageLines(event, colors)
    case 'interrupted':
      return [colors.warning(`INTERRUPTED by ${event.signal}`)]
    case 'internal-error':
      return [colors.status.failed(`INTERNAL ERROR: ${oneLine(event.message)}`), ...traceLines(event.detail, mode, colors)]
    case 'run-start':
    case 'host-connecting':
    case 'task-progress':
    case 'host-closed':
    case 'activity':
    case 'exec':
    case 'run-end':
      return []
    default:
      // An event in the history of another version; the compiler checks that none of ours is missing.
      event satisfies never
      return []
  }
}

const lockWords = ({ lost, owner }: Extract<Event, { type: 'locked' }>): string => {
  if (!lost) return `LOCKED by ${oneLine(owner)}`
  return `LOCK LOST: nothing more is changed${owner === '' ? '' : `; held by ${oneLine(owner)}`}`
}

const messageLines = (event: Extract<Event, { type: 'message' }>, colors: Palette): string[] => {
  const level = event.level === 'info' ? '' : `${event.level.toUpperCase()}: `
  const paint = { info: (text: string) => text, warning: colors.warning, error: colors.status.failed }[event.level]
  return [paint(`${event.host === undefined ? '' : `${event.host} | `}${level}${oneLine(event.text)}`), ...hintLines(event.hint, colors)]
}

const endLines = (event: TaskEnd | HandlerEnd, mode: Mode, colors: Palette): string[] => {
  const word = colors.status[event.status](statusWord(event, mode.check))
  const took = mode.verbosity > 1 ? colors.faint(` [${duration(event.ms)}]`) : ''
  const first = `${hostsOf(event)} | ${event.role} | ${subjectOf(event)}: ${word}${qualifier(event, mode)}${took}`
  const diff = mode.diff ? diffLines(subjectOf(event), changesOf(event), colors).map(line => `    ${line}`) : []
  return [first, ...diff, ...detailLines(event.error?.detail, colors), ...hintLines(event.error?.hint, colors)]
}

/** The message of an error, a reason, or the changes unless `--diff` shows them below. */
const qualifier = (event: TaskEnd | HandlerEnd, mode: Mode): string => {
  if (event.error !== undefined) return `: ${oneLine(event.error.message)}`
  const changes = mode.diff ? '' : summaryOf(changesOf(event))
  const parts = [changes, oneLine(event.reason ?? '')].filter(part => part !== '')
  return parts.length > 0 ? ` (${parts.join('; ')})` : ''
}

/** A trace helps to find the bug: shown with -v, and in the log of the run. */
const traceLines = (trace: string | undefined, { verbosity }: Mode, colors: Palette): string[] =>
  verbosity > 0
    ? detailLines(trace, colors)
    : [colors.hint('    hint: a bug in nfsha-play: please report it, with the output of the same command with -v')]

const detailLines = (detail: string | undefined, colors: Palette): string[] => {
  if (detail === undefined || detail.trim() === '') return []
  return lastLines(detail, mostDetailLines).map(line => colors.faint(`    | ${line}`))
}

const hintLines = (hint: string | undefined, colors: Palette) => (hint === undefined ? [] : [colors.hint(`    hint: ${oneLine(hint)}`)])
