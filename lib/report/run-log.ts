import { closeSync, constants, fchmodSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { escapedDeep, escapedJson } from '../text/escape.ts'
import type { View } from './view.ts'

/**
 * Appends the run's events to a file that only its owner reads, a line each. Written at once, each with one call: what a crash leaves
 * behind is whole. A symbolic link in the file's place is refused, since it could lead anywhere.
 */
export const runLog = (path: string): View => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  // A file from an earlier run may have been made with another mode.
  fchmodSync(file, 0o600)
  let open = true
  return {
    on(event) {
      if (open) writeSync(file, `${escapedJson(JSON.stringify(escapedDeep(event)))}\n`)
    },
    async close() {
      if (open) closeSync(file)
      open = false
    },
  }
}
