import { spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { type PlayArguments, UsageError } from '../options.ts'

export const isRoot = () => process.getuid?.() === 0

/** The user who owns the job. Throws `UsageError` when the caller cannot install a job for that user. */
export const ownerOf = ({ user }: PlayArguments): string => {
  const me = userInfo().username
  if (user === undefined || user === me) return me
  if (!isRoot()) throw new UsageError(`--user ${user}: only root can install another user's job`)
  if (spawnSync('id', ['-u', user]).status !== 0) throw new UsageError(`--user ${user}: there is no such user`)
  return user
}

export const idOf = (option: '-u' | '-g', user: string): number => Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout)
