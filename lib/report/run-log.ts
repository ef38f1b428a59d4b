import { closeSync, constants, fchmodSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { escapedDeep, escapedJson } from '../text/escape.ts'
import type { View } from './view.ts'

/**
 * Appends the events of a run to a file that only its owner can read, one per line. Each is written at once with a single call, so a crash
 * leaves only whole lines. A symbolic link in place of the file is refused, since it could lead anywhere.
 */
export const runLog = (path: string): View => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  // A file from an earlier run may have another mode.
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
