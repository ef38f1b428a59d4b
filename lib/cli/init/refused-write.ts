import { ConfigError, wholeOf } from '../../config/error.ts'
import { reasonOf } from '../../config/files.ts'

/** Why a file was not written: nothing that is there is overwritten. */
export const refusedWrite = (path: string, error: unknown): ConfigError => {
  const problem = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already' : `cannot be written: ${reasonOf(error)}`
  return new ConfigError(problem, wholeOf({ file: path, text: '' }), 'nothing was written')
}
