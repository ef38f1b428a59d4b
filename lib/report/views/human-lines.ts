import type { Event, TaskStatus } from '../../engine/events.ts'
import { duration } from '../../text/amounts.ts'
import { lastLines, oneLine, pad, width, wrap } from '../../text/layout.ts'
import { diffLines, summaryOf } from '../parts/changes.ts'
import type { Palette } from '../parts/palette.ts'
import { changesOf, type HandlerEnd, hostsOf, isWorthALine, type Mode, subjectOf, type TaskEnd } from '../parts/wording.ts'

/** The terminal and its columns, which grow with the longest name seen. */
export interface Page extends Mode {
  columns: number
  nameWidth: number
  roleWidth: number
}

const marks: Record<TaskStatus, string> = { ok: '✔', changed: '~', failed: '✖', skipped: '↓', unknown: '?' }

/** Lines of a failed command's output that are shown; the log has all of it. */
const mostDetailLines = 12

/** The lines of one event that stay above the live rows. */
export const humanLines = (event: Event, page: Page, colors: Palette): string[] => {
  switch (event.type) {
    case 'run-start':
      return event.check ? [colors.hint('check mode: nothing will be changed')] : []
    case 'play-start':
      return [`${colors.heading(oneLine(event.play))}${colors.faint(`  ${event.hosts.join(', ')}`)}`]
    case 'play-skipped':
      return [colors.status.skipped(`↓ ${oneLine(event.play)}: ${oneLine(event.reason)}`)]
    case 'task-end':
    case 'handler-end':
      return isWorthALine(event, page) ? endLines(event, page, colors) : []
    case 'handler-notified':
      return marked(
        colors.hint('»'),
        event.host,
        event.role,
        `handler ${oneLine(event.handler)}`,
        colors.faint,
        `for ${oneLine(event.by)}`,
        page,
        colors,
      )
    case 'host-unreachable':
      return [
        ...noted(colors.status.unreachable, '✖', event.host, `unreachable: ${event.message}`, page),
        ...hint(event.hint, page, colors),
      ]
    case 'host-stopped':
      return noted(colors.status.skipped, '↓', event.host, `stopped: ${event.reason}, ${event.remaining} tasks left`, page)
    case 'locked':
      return [...noted(colors.status.failed, '✖', event.host, lockWords(event), page), ...hint(event.hint, page, colors)]
    case 'message':
      return messageLines(event, page, colors)
    case 'interrupted':
      return [colors.warning(`⚠ interrupted by ${event.signal}`)]
    case 'internal-error':
      return [
        ...noted(colors.status.failed, '✖', undefined, `internal error: ${event.message}`, page),
        ...(page.verbosity > 0
          ? detail(event.detail, colors)
          : hint('a bug in nfsha-play: please report it, with the output of the same command with -v', page, colors)),
      ]
    // Shown in the live rows, as a table, or at the end.
    case 'host-connecting':
    case 'host-ready':
    case 'task-start':
    case 'task-progress':
    case 'handler-start':
    case 'host-closed':
    case 'activity':
    case 'exec':
    case 'table':
    case 'status':
    case 'profile':
    case 'run-end':
      return []
    default:
      // An event in the history of another version; the compiler checks that none of ours is missing.
      event satisfies never
      return []
  }
}

const lockWords = ({ lost, owner }: Extract<Event, { type: 'locked' }>): string => {
  if (!lost) return `locked by ${owner}`
  return `the lock was lost, nothing more is changed${owner === '' ? '' : `; held by ${owner}`}`
}

const messageLines = (event: Extract<Event, { type: 'message' }>, page: Page, colors: Palette): string[] => {
  const [mark, paint] = { info: ['·', colors.faint], warning: ['⚠', colors.warning], error: ['✖', colors.status.failed] }[event.level] as [
    string,
    (text: string) => string,
  ]
  return [...noted(paint, mark, event.host, event.text, page), ...hint(event.hint, page, colors)]
}

const endLines = (event: TaskEnd | HandlerEnd, page: Page, colors: Palette): string[] => {
  const paint = colors.status[event.status]
  const quiet = event.status === 'ok' || event.status === 'skipped' ? colors.faint : (text: string) => text
  const line = marked(
    paint(marks[event.status]),
    hostsOf(event),
    event.role,
    subjectOf(event),
    quiet,
    explanation(event, page),
    page,
    colors,
  )
  const diff = page.diff ? diffLines(subjectOf(event), changesOf(event), colors).map(text => `    ${text}`) : []
  const message = event.error === undefined ? [] : wrap(event.error.message, page.columns - 4).map(text => `    ${paint(text)}`)
  return [...line, ...diff, ...message, ...detail(event.error?.detail, colors), ...hint(event.error?.hint, page, colors)]
}

/** Changes, unless they failed or `--diff` shows them below; a reason; the time at -vv. */
const explanation = (event: TaskEnd | HandlerEnd, page: Page): string => {
  const took = page.verbosity > 1 ? duration(event.ms) : ''
  const reason = `${event.pending === true ? 'pending: ' : ''}${oneLine(event.reason ?? '')}`
  return [page.diff || event.error !== undefined ? '' : summaryOf(changesOf(event), '→'), reason, took]
    .filter(part => part !== '')
    .join(' · ')
}

/** `~ M1  base  file /etc/hosts  mode 0644 → 0600`; the rest of a long text goes below, under the subject. */
const marked = (
  mark: string,
  host: string,
  role: string,
  subject: string,
  paint: (text: string) => string,
  text: string,
  page: Page,
  colors: Palette,
): string[] => {
  const head = `${mark} ${colors.strong(pad(host, page.nameWidth))}  ${colors.faint(pad(role, page.roleWidth))}  `
  const room = Math.max(20, page.columns - width(head))
  const fits = text !== '' && width(subject) + 2 + width(text) <= room
  const subjectLines = wrap(subject, room).map(paint)
  const below = text === '' || fits ? [] : wrap(text, room - 2).map(line => `  ${colors.faint(line)}`)
  const [first = '', ...rest] = [...subjectLines, ...below]
  return [`${head}${first}${fits ? `  ${colors.faint(text)}` : ''}`, ...rest.map(line => ' '.repeat(width(head)) + line)]
}

const noted = (paint: (text: string) => string, mark: string, host: string | undefined, text: string, page: Page): string[] => {
  const [first = '', ...rest] = wrap(host === undefined ? text : `${host}: ${text}`, page.columns - 4)
  return [`${paint(mark)} ${paint(first)}`, ...rest.map(line => `  ${paint(line)}`)]
}

const detail = (text: string | undefined, colors: Palette): string[] => {
  if (text === undefined || text.trim() === '') return []
  return lastLines(text, mostDetailLines).map(line => colors.faint(`    │ ${line}`))
}

const hint = (text: string | undefined, page: Page, colors: Palette): string[] =>
  text === undefined ? [] : wrap(text, page.columns - 6).map((line, index) => colors.hint(`    ${index === 0 ? '→' : ' '} ${line}`))
