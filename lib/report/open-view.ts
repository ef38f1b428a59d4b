import type { OutputStream } from './output.ts'
import type { View, ViewOptions } from './view.ts'

/** Views by the `--output` format; only the requested one is loaded. */
const views = {
  human: async options => (await import('./views/human.ts')).humanView(options),
  plain: async options => (await import('./views/plain.ts')).plainView(options),
  jsonl: async options => (await import('./views/jsonl.ts')).jsonlView(options),
  json: async options => (await import('./views/status-view.ts')).statusView((await import('./status/json.ts')).statusJson, options),
  nagios: async options => {
    const { nagiosLine, nagiosCode } = await import('./status/nagios.ts')
    return (await import('./views/status-view.ts')).statusView(nagiosLine, options, nagiosCode)
  },
  prometheus: async options =>
    (await import('./views/status-view.ts')).statusView((await import('./status/prometheus.ts')).prometheusText, options),
} satisfies Record<string, (options: ViewOptions) => Promise<View>>

export type OutputFormat = keyof typeof views

export const outputFormats = Object.keys(views) as OutputFormat[]

/** Formats that show only the state of the service: for plays of `status.yml`. */
export const statusFormats: readonly OutputFormat[] = ['json', 'nagios', 'prometheus']

/** The default for `--output`. Live rows need a terminal on both streams; otherwise a log would miss what scrolled by. */
export const defaultFormat = (
  stdout: OutputStream = process.stdout,
  stderr: OutputStream = process.stderr,
  env = process.env,
): OutputFormat => (stdout.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' ? 'human' : 'plain')

/** Opens the view of a format. */
export const openView = (format: OutputFormat, options: ViewOptions = {}): Promise<View> => views[format](options)
