import type { OutputStream } from './output.ts'
import type { View, ViewOptions } from './view.ts'

interface Format {
  /** It shows only the state of the service: for plays of `status.yml`. */
  isOfStatus: boolean
  open(options: ViewOptions): Promise<View>
}

/** Views by the `--output` format; only the requested one is loaded. */
const formats = {
  human: { isOfStatus: false, open: async options => (await import('./views/human.ts')).humanView(options) },
  plain: { isOfStatus: false, open: async options => (await import('./views/plain.ts')).plainView(options) },
  jsonl: { isOfStatus: false, open: async options => (await import('./views/jsonl.ts')).jsonlView(options) },
  json: {
    isOfStatus: true,
    open: async options => (await import('./views/status-view.ts')).statusView((await import('./status/json.ts')).statusJson, options),
  },
  nagios: {
    isOfStatus: true,
    open: async options => {
      const { nagiosLine, nagiosCode } = await import('./status/nagios.ts')
      return (await import('./views/status-view.ts')).statusView(nagiosLine, options, nagiosCode)
    },
  },
  prometheus: {
    isOfStatus: true,
    open: async options =>
      (await import('./views/status-view.ts')).statusView((await import('./status/prometheus.ts')).prometheusText, options),
  },
} satisfies Record<string, Format>

export type OutputFormat = keyof typeof formats

export const outputFormats = Object.keys(formats) as OutputFormat[]

/** Formats that show only the state of the service. */
export const statusFormats: readonly OutputFormat[] = outputFormats.filter(format => formats[format].isOfStatus)

/** The default for `--output`. Live rows need a terminal on both streams; otherwise a log would miss what scrolled by. */
export const defaultFormat = (
  stdout: OutputStream = process.stdout,
  stderr: OutputStream = process.stderr,
  env = process.env,
): OutputFormat => (stdout.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' ? 'human' : 'plain')

/** Opens the view of a format. */
export const openView = (format: OutputFormat, options: ViewOptions = {}): Promise<View> => formats[format].open(options)
