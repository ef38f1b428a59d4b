import { homedir } from 'node:os'
import { join } from 'node:path'

/** Directory for the state that the control machine keeps between runs: $XDG_STATE_HOME/nfsha-play. */
export const stateHome = (env = process.env): string => join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'nfsha-play')
