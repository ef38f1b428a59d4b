import { limitHosts, matchHosts } from '../../config/pattern.ts'
import { withoutHost } from '../../engine/unreachable.ts'
import { print } from '../../report/output.ts'
import { connect } from '../../ssh/connect.ts'
import { type Connection, type ConnectionTarget, type ScriptResult, Unreachable } from '../../ssh/connection.ts'
import { escapedName } from '../../text/escape.ts'
import { oneLine } from '../../text/layout.ts'
import { exitCodes, type PlayArguments, UsageError } from '../options.ts'
import { refuseUnknownExtraVars } from './extra-names.ts'
import { askBecomePassword } from './prompt.ts'
import { readHosts } from './sources.ts'
import { targetsOf } from './targets.ts'

/** The answer of one host, as the line to print. */
interface Answer {
  text: string
  isLost: boolean
}

/** ms until a script must have ended: longer than the time limit of a shell, whose error is more precise. */
const limit = 45_000

/**
 * Runs one script on the hosts of a pattern in parallel, and prints a line per host as soon as it answers: a slow host does not delay
 * others. `tell` makes the line from what the script printed and how it ended. Resolves with the exit code.
 */
export const eachHost = async (
  pattern: string,
  options: PlayArguments,
  script: string,
  tell: (result: ScriptResult) => string | undefined,
): Promise<number> => {
  const sources = await readHosts(options)
  refuseUnknownExtraVars(sources.extraVars, sources.inventory)
  const matched = matchHosts(sources.inventory, pattern)
  const hosts = options.limit === undefined ? matched : limitHosts(sources.inventory, matched, options.limit)
  if (hosts.length === 0) throw new UsageError(`${pattern}${options.limit === undefined ? '' : ` with --limit ${options.limit}`}: no host`)
  const becomePassword = await askBecomePassword(options)
  const reached = targetsOf({ ...sources, plays: [] }, hosts, options, becomePassword)
  const answers = await Promise.all(
    [...reached].map(async ([host, target]) => {
      const answer = await ask(target, script, tell)
      print(`${escapedName(host)}  ${answer.text}\n`)
      return answer
    }),
  )
  return answers.some(answer => answer.isLost) ? exitCodes.unreachable : exitCodes.fine
}

/** Never rejects: any error becomes the answer of the host. Always closes the connection. */
const ask = async (target: ConnectionTarget, script: string, tell: (result: ScriptResult) => string | undefined): Promise<Answer> => {
  let connection: Connection | undefined
  try {
    connection = await connect(target)
    const result = await connection.run(script, { timeout: limit, maxOutput: 64 * 1024 })
    const told = tell(result)
    if (told !== undefined) return { isLost: false, text: told }
    const said = oneLine(`${result.stdout} ${result.stderr}`)
    return { isLost: true, text: `unreachable: its shell ended with exit code ${result.code}${said ? `: ${said}` : ''}` }
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    const hint = error instanceof Unreachable && error.hint ? `\n    ${oneLine(error.hint)}` : ''
    return { isLost: true, text: `unreachable: ${oneLine(withoutHost(message, target.name))}${hint}` }
  } finally {
    await connection?.close().catch(() => undefined)
  }
}
