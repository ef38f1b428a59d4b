import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * A directory that nobody but this user and root can put anything into: $XDG_CACHE_HOME/nfsha-play/NAME, else ~/.cache/nfsha-play/NAME,
 * made where it is missing. Undefined where there can be none: then do without a cache.
 */
export const privateDirectory = (name, env = process.env, uid = process.geteuid?.()) => {
  const { XDG_CACHE_HOME: given = '' } = env
  try {
    // A relative one is to be ignored (XDG Base Directory Specification).
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

/** A directory, not a link to one, that only its owner, this user, writes to. */
const isOwn = (directory, uid) => {
  const stat = lstatSync(directory)
  return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0
}

/** Nobody else can rename what lies in it or in any directory above: each is root's or this user's, and either closed to others or sticky. */
const isTrusted = (directory, uid) => {
  const stat = lstatSync(directory)
  const isSticky = (stat.mode & 0o1000) !== 0
  if ((stat.uid !== 0 && stat.uid !== uid) || ((stat.mode & 0o022) !== 0 && !isSticky)) return false
  return dirname(directory) === directory || isTrusted(dirname(directory), uid)
}
