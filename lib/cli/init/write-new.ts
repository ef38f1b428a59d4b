import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError, wholeOf } from '../../config/error.ts'
import { reasonOf } from '../../config/files.ts'

/** The error for a file that was not written: existing files are never overwritten. */
export const refusedWrite = (path: string, error: unknown): ConfigError => {
  const problem = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'already exists' : `cannot be written: ${reasonOf(error)}`
  return new ConfigError(problem, wholeOf({ file: path, text: '' }), 'nothing was written')
}

/** Writes a new file, and the directories above it. Throws `ConfigError` when it already exists or cannot be written. */
export const writeNew = (path: string, text: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    throw refusedWrite(path, error)
  }
}
