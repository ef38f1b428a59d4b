import { readFileSync } from 'node:fs'
import { packagedFile } from '../../lib/text/packaged.ts'

/** The rows of the table of a page of docs/ whose header line begins like this, so that a failing test shows only the rows that differ. */
export const tableRows = (page: string, header: string): string[] => {
  const lines = readFileSync(packagedFile(`docs/${page}`), 'utf8').split('\n')
  const start = lines.findIndex(line => line.startsWith(header))
  if (start < 0) throw new Error(`docs/${page} has no table that begins with ${header}`)
  const below = lines.slice(start + 2)
  return below.slice(
    0,
    below.findIndex(line => !line.startsWith('|')),
  )
}
