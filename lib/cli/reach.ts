import { limitHosts, matchHosts } from '../config/pattern.ts'
import { unlockScript } from '../engine/lock-scripts.ts'
import { connect } from '../ssh/connect.ts'
import { Unreachable } from '../ssh/connection.ts'
import { refuseUnknownExtraVars } from './extra-names.ts'
import { exitCodes, type PlayArguments, UsageError } from './options.ts'
import { askBecomePassword } from './prompt.ts'
import { readHosts } from './sources.ts'
import { targetsOf } from './targets.ts'

/** Runs one script on the hosts of a pattern, side by side, and prints a line a host. Resolves with the exit code. */
const eachHost = async (pattern: string, options: PlayArguments, script: string, tell: (stdout: string) => string): Promise<number> => {
  const sources = await readHosts(options)
  refuseUnknownExtraVars(sources.extraVars, sources.inventory)
  const matched = matchHosts(sources.inventory, pattern)
  const hosts = options.limit === undefined ? matched : limitHosts(sources.inventory, matched, options.limit)
  if (hosts.length === 0) throw new UsageError(`${pattern}${options.limit === undefined ? '' : ` with --limit ${options.limit}`}: no host`)
  const becomePassword = await askBecomePassword(options)
  const reached = targetsOf({ ...sources, plays: [] }, hosts, options, becomePassword)
  const lines = await Promise.all(
    [...reached].map(async ([host, target]) => {
      try {
        const connection = await connect(target)
        const { stdout } = await connection.run(script, { timeout: 30_000 })
        await connection.close()
        return { lost: false, text: `${host}  ${tell(stdout.trim())}` }
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error
        return { lost: true, text: `${host}  unreachable: ${error.message}${error.hint ? `\n    ${error.hint}` : ''}` }
      }
    }),
  )
  process.stdout.write(lines.map(l => `${l.text}\n`).join(''))
  return lines.some(l => l.lost) ? exitCodes.unreachable : exitCodes.fine
}

/** `nfsha-play ping`: who can be reached, as whom, and what runs there. */
export const ping = (pattern: string, options: PlayArguments): Promise<number> =>
  eachHost(pattern, options, 'echo "$(id -un) on $(uname -n), Linux $(uname -r)"', text => `ok  ${text}`)

/** `nfsha-play unlock`: ends the lease of a run that is dead. */
export const unlock = (pattern: string, options: PlayArguments): Promise<number> =>
  eachHost(pattern, options, unlockScript(), text => (text === 'not locked' ? text : `unlocked, it was held by ${text}`))
