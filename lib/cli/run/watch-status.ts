import { setTimeout as pause } from 'node:timers/promises'
import type { EndingSignal, Event } from '../../engine/events.ts'
import { type OutputStream, outputTo } from '../../report/output.ts'
import { colorLevel, palette } from '../../report/parts/palette.ts'
import { statusLines } from '../../report/parts/status-lines.ts'
import { tableLines } from '../../report/parts/table.ts'
import { signalCodes } from '../../report/stats.ts'
import { oneLine, wrap } from '../../text/layout.ts'

/** One look: emits its events to `on`. Resolves with its exit code. */
export type Look = (on: (event: Event) => void) => Promise<number>

interface Watching {
  stdout?: OutputStream
  /** Ends the watch; tests use it instead of signals. */
  signal?: AbortSignal
  /** ms between the end of a look and the next one; default 2 s on a terminal, 10 s elsewhere. */
  every?: number
}

/** Moves to the first cell. Each line clears the rest of its row, and the end clears the rows below, to avoid flicker. */
const home = '\x1b[H'
const restOfLine = '\x1b[K'
const restOfScreen = '\x1b[J'

/**
 * Repeats the look until a signal arrives: in place on a terminal, as plain text elsewhere. Resolves with the exit code of the last
 * complete look; one that the signal interrupts counts only when there was no other.
 */
export const watchStatus = async (look: Look, { stdout = process.stdout, signal, every }: Watching = {}): Promise<number> => {
  const output = outputTo(stdout)
  const isTerminal = stdout.isTTY === true
  const ended = endedBy(signal)
  const wait = every ?? (isTerminal ? 2000 : 10_000)
  let code: number | undefined
  try {
    if (isTerminal) output.raw('\x1b[2J')
    while (!ended.signal.aborted) {
      const events: Event[] = []
      const last = await look(event => events.push(event))
      if (events.some(e => e.type === 'interrupted')) {
        code ??= last
        break
      }
      code = last
      show(events, stdout, isTerminal)
      await pause(wait, undefined, { signal: ended.signal }).catch(() => undefined)
    }
    await output.flush()
    return code ?? signalCodes[ended.by()]
  } finally {
    ended.stop()
  }
}

const show = (events: Event[], stdout: OutputStream, isTerminal: boolean): void => {
  const output = outputTo(stdout)
  const colors = palette(isTerminal ? colorLevel('stdout') : 0)
  const columns = isTerminal ? stdout.columns || 80 : Number.POSITIVE_INFINITY
  const lines = [
    colors.faint(`${events.at(-1)?.time ?? ''}${isTerminal ? '  ctrl-c to quit' : ''}`),
    ...events.flatMap(event => {
      if (event.type === 'status') {
        const { cluster, headline } = event.status
        const table = events.flatMap(e =>
          e.type === 'table' && e.cluster === event.cluster ? tableLines({ ...e, title: '' }, colors, columns) : [],
        )
        return [
          ...wrap(`${cluster}: ${headline}`, columns).map(text => colors.heading(text)),
          ...statusLines(event.status, colors, columns),
          ...table,
        ]
      }
      if (event.type === 'internal-error') return [colors.status.failed(`internal error: ${oneLine(event.message)}`)]
      return event.type === 'host-unreachable' ? [colors.status.unreachable(oneLine(event.message))] : []
    }),
  ]
  if (!isTerminal) {
    for (const line of [...lines, '']) output.line(line)
    return
  }
  // On a small screen the end of the table is cut off.
  const shown = lines.slice(0, Math.max(1, (stdout.rows || 24) - 1))
  output.raw(home)
  for (const line of shown) {
    output.write(line)
    output.raw(`${restOfLine}\n`)
  }
  output.raw(restOfScreen)
}

/** Handles a signal between two looks; during a look the run handles it too. */
const endedBy = (outer: AbortSignal | undefined) => {
  const controller = new AbortController()
  let by: EndingSignal = 'SIGINT'
  const on = (name: EndingSignal) => {
    by = name
    controller.abort()
  }
  const names = Object.keys(signalCodes) as EndingSignal[]
  for (const name of names) process.on(name, on)
  const onOuter = () => controller.abort()
  outer?.addEventListener('abort', onOuter)
  return {
    signal: controller.signal,
    by: () => by,
    stop() {
      for (const name of names) process.off(name, on)
      outer?.removeEventListener('abort', onOuter)
    },
  }
}
