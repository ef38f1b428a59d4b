import { homedir } from 'node:os'
import { join } from 'node:path'

/** The download cache of the control machine: $XDG_CACHE_HOME/nfsha-play/archives. */
export const archiveCache = (env: Record<string, string | undefined> = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nfsha-play', 'archives')
