import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the control machine keeps what it must remember: $XDG_STATE_HOME/nfsha-play. */
export const stateHome = (env = process.env): string => join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'nfsha-play')
