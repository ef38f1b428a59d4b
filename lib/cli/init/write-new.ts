import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError, wholeOf } from '../../config/error.ts'
import { reasonOf } from '../../config/files.ts'

/** Why a file was not written: nothing that is there is overwritten. */
export const refusedWrite = (path: string, error: unknown): ConfigError => {
  const problem = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already' : `cannot be written: ${reasonOf(error)}`
  return new ConfigError(problem, wholeOf({ file: path, text: '' }), 'nothing was written')
}

/** Writes a file, and the directories above it. Throws `ConfigError` where something is there already, or it cannot be written. */
export const writeNew = (path: string, text: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    throw refusedWrite(path, error)
  }
}
