import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stateHome } from '../state-home.ts'
import { idOf, isRoot } from './user.ts'

/** Root's folder for the locks of the jobs in cron.d. /run/lock is world-writable: anyone could lock a file there and silence the job. */
const locksFolder = '/var/lib/nfsha-play-cron'

/** A lock file that only its user can open. Created here, since a user cannot create one in root's folder. */
export const lockOf = (user: string): string => {
  if (!isRoot()) {
    mkdirSync(stateHome(), { recursive: true, mode: 0o700 })
    return join(stateHome(), 'cron.lock')
  }
  mkdirSync(locksFolder, { recursive: true, mode: 0o755 })
  const path = join(locksFolder, `${user}.lock`)
  const { O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    fchmodSync(file, 0o600)
    fchownSync(file, idOf('-u', user), idOf('-g', user))
  } finally {
    closeSync(file)
  }
  return path
}

export const removeLocks = (): void => rmSync(locksFolder, { recursive: true, force: true })
