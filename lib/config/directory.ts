import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, wholeOf } from './error.ts'
import { kindOf, reasonOf, shownPath } from './files.ts'
import { byCodePoint } from './model.ts'

/** Entries. Links between directories can make a few of them look like millions. */
const mostEntries = 10_000

/** The names in a directory, in Python's order. Throws `ConfigError` when it cannot be read. */
export const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort(byCodePoint)
  } catch (error) {
    throw new ConfigError(`cannot be read: ${reasonOf(error)}`, wholeOf({ file: shownPath(directory), text: '' }))
  }
}

/**
 * The files in a directory and below whose names `takes` accepts. Skips a link back into a directory that is being read: Ansible reads the
 * same files again until the system stops it, with the same result.
 */
export const filesBelow = (directory: string, takes: (name: string, kind: 'file' | 'directory') => boolean): string[] => {
  let seen = 0
  const below = (path: string, open: readonly string[]): string[] => {
    const real = realpathSync(path)
    if (open.includes(real)) return []
    return namesIn(path).flatMap(name => {
      if (++seen > mostEntries)
        throw new ConfigError(`contains more than ${mostEntries} files`, wholeOf({ file: shownPath(directory), text: '' }))
      const entry = join(path, name)
      const kind = kindOf(entry)
      if (kind === undefined || !takes(name, kind)) return []
      return kind === 'directory' ? below(entry, [...open, real]) : [entry]
    })
  }
  return below(directory, [])
}
