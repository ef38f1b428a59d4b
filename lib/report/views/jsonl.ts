import { escapedDeep, escapedJson } from '../../text/escape.ts'
import { outputTo } from '../output.ts'
import type { View, ViewOptions } from '../view.ts'

/** One event per line on stdout, for programs. */
export const jsonlView = ({ stdout = process.stdout }: ViewOptions = {}): View => {
  const output = outputTo(stdout)
  return {
    on: event => output.raw(`${escapedJson(JSON.stringify(escapedDeep(event)))}\n`),
    close: () => output.flush(),
  }
}
