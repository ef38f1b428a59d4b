import { readFileSync } from 'node:fs'
import { Command, Help } from 'commander'
import { didYouMean } from '../config/suggest.ts'
import { complain, print } from '../report/output.ts'
import { oneLine } from '../text/layout.ts'
import { packagedFile } from '../text/packaged.ts'
import { commands } from './commands/index.ts'
import { commandNames, isCommandName } from './commands/names.ts'
import { refuseEmptyValues } from './empty-values.ts'
import { toldOf } from './error-text.ts'
import { help } from './help.ts'
import { exitCodes, type PlayArguments, UsageError } from './options.ts'
import { withPlayOptions } from './play-options.ts'
import { streamsFlushed, watchStreams } from './standard-streams.ts'

/** Exit code of a Nagios plugin for UNKNOWN. */
const pluginUnknown = 3

const version = (): string => JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')).version

const bare = (): Command => withPlayOptions(new Command('nfsha-play')).exitOverride()

const program = async (words: readonly string[]): Promise<Command> => {
  const root = bare()
    .description('Turns two plain Linux servers into a highly available NFS server, and keeps it so.')
    .version(version(), '--version')
    .argument('[playbook|role]', 'site.yml, status.yml, or one role')
    .helpCommand('help [command]', 'show the help of one command')
    .configureHelp({ formatHelp: (command, helper) => (command.parent ? new Help().formatHelp(command, helper) : help) })
    .showSuggestionAfterError()
    .hook('preAction', (_root, command) => refuseEmptyValues(command))
    .action(async (argument: string | undefined, options: PlayArguments) => {
      if (argument === undefined) return root.help({ error: true })
      const { runPlaybook } = await import('./run/run-playbook.ts')
      process.exitCode = await runPlaybook(argument, options)
    })
  for (const name of commandNames.filter(name => words.includes(name))) (await commands[name]()).define(root.command(name))
  return root
}

/** The words that select the command: the first one, and the one after `help`. Later arguments select nothing. */
const choosingWords = (argv: readonly string[]): string[] => {
  const { operands, unknown } = bare().parseOptions(argv.slice(2))
  const [first = '', second] = operands
  const hint = didYouMean(first, commandNames)
  // A playbook is the only argument: a word close to a command, followed by more, is a mistyped command.
  if (hint && !isCommandName(first) && operands.length + unknown.length > 1) throw new UsageError(`no command '${first}'\n  ${hint}`)
  return first === 'help' && second !== undefined ? [second] : [first]
}

/** Commands whose exit code describes hosts: a lost output does not change it. */
const playsHosts = (argv: readonly string[], word: string): boolean =>
  word !== '' &&
  (!isCommandName(word) || ['demo', 'drift', 'unlock'].includes(word)) &&
  !argv.some(option => /^--(list-|syntax-check|help)/.test(option))

/** Runs the command line, then ends the process with its exit code: open connections must not delay that. */
export const main = async (argv = process.argv): Promise<void> => {
  watchStreams()
  const isPlugin = argv.some((word, i) => word === '--output=nagios' || (word === '--output' && argv[i + 1] === 'nagios'))
  const isVerbose = argv.some(word => /^(-v+|--verbose)$/.test(word))
  const fail = (error: unknown) => {
    const { text, exitCode } = toldOf(error, isVerbose)
    complain(text)
    // A plugin's 2 means "critical": a mistake in its command line is "unknown", on the one line that is read.
    if (isPlugin && text !== '') print(`NFSHA UNKNOWN - ${oneLine(text).replaceAll('|', '/')}\n`)
    process.exitCode = isPlugin ? pluginUnknown : exitCode
  }
  // An internal error outside of any await: same message, without a trace.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      fail(error)
      process.exit()
    })
  let word = ''
  try {
    const words = choosingWords(argv)
    word = words[0] ?? ''
    await (await program(words)).parseAsync(argv)
  } catch (error) {
    fail(error)
  }
  const lost = await streamsFlushed()
  if (lost !== undefined) {
    complain(`${lost}\n`)
    if (!playsHosts(argv, word)) process.exitCode ||= exitCodes.usage
  }
  process.exit()
}
