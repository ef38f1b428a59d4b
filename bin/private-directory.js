import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * A directory that only this user and root can write to: $XDG_CACHE_HOME/nfsha-play/NAME, otherwise ~/.cache/nfsha-play/NAME. Created when
 * missing. Undefined when that is impossible: run without a cache then.
 */
export const privateDirectory = (name, env = process.env, uid = process.geteuid?.()) => {
  const { XDG_CACHE_HOME: given = '' } = env
  try {
    // Relative paths are ignored (XDG Base Directory Specification).
    const base = isAbsolute(given) ? given : join(homedir(), '.cache')
    mkdirSync(base, { recursive: true, mode: 0o700 })
    const parent = join(realpathSync(base), 'nfsha-play')
    if (!isTrusted(dirname(parent), uid)) return undefined
    for (const directory of [parent, join(parent, name)]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      if (!isOwn(directory, uid)) return undefined
    }
    const own = join(parent, name)
    return (lstatSync(own).mode & 0o077) === 0 ? own : undefined
  } catch {
    return undefined
  }
}

/** Whether it is a directory, not a link to one, that belongs to this user and only its owner can write to. */
const isOwn = (directory, uid) => {
  const stat = lstatSync(directory)
  return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0
}

/**
 * Whether nobody else can rename its entries or those of a directory above: each belongs to root or this user, and is closed to others or
 * sticky.
 */
const isTrusted = (directory, uid) => {
  const stat = lstatSync(directory)
  const isSticky = (stat.mode & 0o1000) !== 0
  if ((stat.uid !== 0 && stat.uid !== uid) || ((stat.mode & 0o022) !== 0 && !isSticky)) return false
  return dirname(directory) === directory || isTrusted(dirname(directory), uid)
}
