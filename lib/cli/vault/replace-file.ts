import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ConfigError, wholeOf } from '../../config/error.ts'
import { reasonOf, shownPath } from '../../config/files.ts'

/**
 * Replaces a file atomically: writes a synced draft beside it and renames that. Mode and owner are kept; a new file is private to its
 * owner. A symbolic link stays one, and its target is written.
 */
export const replaceFile = (path: string, text: string): void => {
  try {
    const before = statSync(path, { throwIfNoEntry: false })
    const target = before ? realpathSync(path) : path
    const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
    try {
      writeDraft(draft, text, before)
      renameSync(draft, target)
    } finally {
      rmSync(draft, { force: true })
    }
  } catch (error) {
    throw new ConfigError(`cannot be written: ${reasonOf(error)}`, wholeOf({ file: shownPath(path), text: '' }))
  }
}

const writeDraft = (draft: string, text: string, before: { mode: number; uid: number; gid: number } | undefined): void => {
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    if (before) {
      const made = statSync(draft)
      if (made.uid !== before.uid || made.gid !== before.gid) fchownSync(file, before.uid, before.gid)
      fchmodSync(file, before.mode & 0o7777)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
