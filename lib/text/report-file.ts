import { randomBytes } from 'node:crypto'
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a report atomically: readers see the old or the new file, never half of it. The folder may be writable by others, so the temporary
 * name is unpredictable, and an existing path (such as a link) is never followed. Throws what `refuseReportFile` throws.
 */
export const writeReportFile = (file: string, text: string, mode: number): void => {
  refuseKind(file)
  const beside = draftOf(file)
  try {
    writeFileSync(beside, text, { mode, flag: 'wx' })
    renameSync(beside, file)
  } finally {
    rmSync(beside, { force: true })
  }
}

/**
 * Throws when a report cannot be written there: a system error, or one with the reason. Checked before a long run with a temporary file
 * that is removed at once.
 */
export const refuseReportFile = (file: string): void => {
  refuseKind(file)
  const beside = draftOf(file)
  writeFileSync(beside, '', { flag: 'wx', mode: 0o600 })
  rmSync(beside)
}

const draftOf = (file: string) => `${file}.${randomBytes(8).toString('hex')}.new`

/** A rename would replace the path itself by a file: /dev/null, or the link /dev/stdout. */
const refuseKind = (file: string): void => {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || stat.isFile()) return
  if (stat.isDirectory()) throw new Error('it is a directory')
  if (stat.isSymbolicLink()) throw new Error('it is a symbolic link; name the file itself')
  throw new Error('it is not a regular file and would be replaced by one')
}
