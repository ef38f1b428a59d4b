import { stripVTControlCharacters } from 'node:util'
import { DefaultRenderer, Listr, ListrDefaultRendererLogLevels, ListrEventManager, ListrLogger, ProcessOutput } from 'listr2'
import type { Output } from '../output.ts'
import type { Palette } from '../parts/palette.ts'

/** What a row shows now; requested before each drawing, so that a burst of events causes only one. */
interface Look {
  title: string
  bar: string
}

export type RowOutcome = 'done' | 'failed' | 'skipped'

export interface LiveRows {
  /** Adds a row at the bottom; `look` is called until the row is settled. */
  add(name: string, look: () => Look): void
  settle(name: string, outcome: RowOutcome, title: string): void
  /** Prints above the rows; the text stays there. */
  above(output: Output, lines: string[]): void
  end(): Promise<void>
}

/**
 * listr2's rows, one task per host. Each is a list of its own with a silent renderer, all drawn by one DefaultRenderer: hosts may join at
 * any time, a failed host does not affect the others, and listr2's signal handlers do not interfere with the run's own.
 */
export const liveRows = async (output: Output, colors: Palette): Promise<LiveRows> => {
  const rows = new Map<string, Row>()
  const tasks: ConstructorParameters<typeof DefaultRenderer>[0] = []
  const board = new Board(tasks, rendererOptions(output, colors), new ListrEventManager())
  board.rows = rows
  board.screen = output
  await board.render()
  return {
    add(name, look) {
      const row = newRow(look)
      rows.set(name, row)
      tasks.push(...row.tasks)
    },
    settle(name, outcome, title) {
      const row = rows.get(name)
      if (row === undefined) return
      rows.delete(name)
      board.finished.push(row.finish(outcome, title))
    },
    above: (target, lines) => board.above(target, lines),
    async end() {
      await Promise.all(board.finished)
      board.end()
    },
  }
}

interface Row {
  tasks: ConstructorParameters<typeof DefaultRenderer>[0]
  refresh(): void
  finish(outcome: RowOutcome, title: string): Promise<unknown>
}

/** The part of listr2's task that a row uses. */
interface Handle {
  title?: string | (unknown[] & string)
  output: string | undefined
  skip(message?: string): void
}

const newRow = (look: () => Look): Row => {
  let handle: Handle | undefined
  const started = signal<Handle>()
  const settled = signal<RowOutcome>()
  const list = new Listr<unknown, 'silent', 'silent'>(
    {
      title: look().title,
      task: async (_, task) => {
        handle = task as Handle
        started.give(handle)
        // The error only sets the row's mark; the problem was printed above.
        if ((await settled.taken) === 'failed') throw new Error('failed')
      },
    },
    { renderer: 'silent', exitOnError: false, collectErrors: 'minimal', registerSignalListeners: false },
  )
  const run = list.run()
  return {
    tasks: list.tasks as unknown as Row['tasks'],
    refresh() {
      if (handle === undefined) return
      const { title, bar } = look()
      handle.title = title
      handle.output = bar
    },
    async finish(outcome, title) {
      // listr2 starts a task a few ticks after it was added; a host may be unreachable before that.
      const task = await started.taken
      task.title = title
      task.output = ''
      if (outcome === 'skipped') task.skip(title)
      settled.give(outcome)
      await run
    },
  }
}

const signal = <T>(): { taken: Promise<T>; give(value: T): void } => {
  let give: (value: T) => void = () => {}
  const taken = new Promise<T>(resolve => {
    give = resolve
  })
  return { taken, give: value => give(value) }
}

/** Private members of listr2 that we need to print above the rows. */
interface Inner {
  spinner: { stop(): void }
  updater: { clear(): void; done(): void }
}

/** listr2's default renderer, with printing above the rows, on a given stream, no higher than the screen. */
class Board extends DefaultRenderer {
  rows: Map<string, Row> = new Map()
  screen: Output | undefined
  readonly finished: Promise<unknown>[] = []

  private get inner(): Inner {
    return this as unknown as Inner
  }

  override create(options?: Parameters<DefaultRenderer['create']>[0]): string {
    for (const row of this.rows.values()) row.refresh()
    const drawing = super.create(options)
    // At the end everything is printed once, and may scroll.
    const lines = this.rows.size === 0 ? drawing.split('\n') : folded(drawing.split('\n'), (this.screen?.stream.rows ?? 24) - 2)
    return drawing === '' ? '' : ['', ...lines].join('\n')
  }

  above(target: Output, lines: string[]): void {
    // log-update keeps its line count: without this, the next drawing would erase what is printed here.
    this.inner.updater.clear()
    target.write(lines.map(line => `${line}\n`).join(''))
    this.update()
  }
}

const done = /^\s*[✔√]/

/** Rows that fit the height: finished ones are dropped first, then the last ones; a line tells how many are hidden. */
export const folded = (lines: string[], height: number): string[] => {
  if (lines.length <= height) return lines
  const open = lines.filter(line => !done.test(stripVTControlCharacters(line)))
  const shown = open.slice(0, Math.max(1, height - 1))
  return [...shown, `  … ${lines.length - shown.length} more`]
}

/** Sends output to our stream. No stream's `write` is replaced, so a hard exit can still restore the cursor. */
class Screen extends ProcessOutput {
  target: Output | undefined

  override get stdout(): NodeJS.WriteStream {
    const target = this.target
    const face = {
      write: (text: string) => {
        target?.raw(text)
        return true
      },
      get columns() {
        return target?.stream.columns
      },
      get rows() {
        return target?.stream.rows
      },
    }
    return face as unknown as NodeJS.WriteStream
  }

  override hijack(): void {}
  override release(): void {}

  override toStdout(text: string, eol = true): boolean {
    this.target?.raw(eol ? `${text}\n` : text)
    return true
  }
}

const rendererOptions = (output: Output, colors: Palette): ConstructorParameters<typeof DefaultRenderer>[1] => {
  const screen = new Screen()
  screen.target = output
  const { PENDING, COMPLETED, FAILED, SKIPPED_WITH_COLLAPSE, OUTPUT } = ListrDefaultRendererLogLevels
  return {
    logger: new ListrLogger({ useIcons: true, processOutput: screen }),
    showErrorMessage: false,
    collapseErrors: false,
    collapseSubtasks: false,
    formatOutput: 'truncate',
    // listr2's own colours only check stdout.
    color: {
      [PENDING]: text => colors.status.changed(String(text)),
      [COMPLETED]: text => colors.status.ok(String(text)),
      [FAILED]: text => colors.status.failed(String(text)),
      [SKIPPED_WITH_COLLAPSE]: text => colors.status.skipped(String(text)),
      [OUTPUT]: text => colors.faint(String(text)),
    },
  }
}
