import { randomBytes } from 'node:crypto'
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a report in one piece: who reads the file sees the old one or the new one, never half of it. Nobody foresees the name beside it, and what
 * is there already (a link to anywhere) is not written: the folder may be open to others. Throws what `refuseReportFile` throws.
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
 * Throws when no report could be written there: an error of the system, or one that says why. Tried before a long run, with a file beside it that is
 * gone at once.
 */
export const refuseReportFile = (file: string): void => {
  refuseKind(file)
  const beside = draftOf(file)
  writeFileSync(beside, '', { flag: 'wx', mode: 0o600 })
  rmSync(beside)
}

const draftOf = (file: string) => `${file}.${randomBytes(8).toString('hex')}.new`

/** A rename would put a file in the place of what it names: of /dev/null, or of the link /dev/stdout. */
const refuseKind = (file: string): void => {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || stat.isFile()) return
  if (stat.isDirectory()) throw new Error('it is a directory')
  if (stat.isSymbolicLink()) throw new Error('it is a symbolic link; name the file itself')
  throw new Error('it is not a regular file and would be replaced by one')
}
