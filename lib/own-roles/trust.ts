import { lstatSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../config/error.ts'

/**
 * Refuses a file that anybody other than root and this user can modify or replace. Links are resolved first.
 * @throws ConfigError
 */
export const refuseUntrusted = (path: string, uid = process.geteuid?.()): void => {
  const real = realpathSync(path)
  refuse(real, uid, { isSticky: false })
  refuse(dirname(real), uid, { isSticky: false })
  for (let folder = dirname(dirname(real)); ; folder = dirname(folder)) {
    // In a sticky directory such as /tmp nobody can rename files of others.
    refuse(folder, uid, { isSticky: (lstatSync(folder).mode & 0o1000) !== 0 })
    if (folder === dirname(folder)) return
  }
}

const refuse = (path: string, uid: number | undefined, { isSticky }: { isSticky: boolean }): void => {
  const { uid: owner, mode } = lstatSync(path)
  if (owner !== 0 && owner !== uid)
    throw new ConfigError(
      `${path} belongs to another user (uid ${owner}): a role that others can change is not run`,
      undefined,
      `chown it to root or yourself`,
    )
  if ((mode & 0o022) !== 0 && !isSticky)
    throw new ConfigError(`${path} is writable by others: a role that others can change is not run`, undefined, `chmod go-w ${path}`)
}
