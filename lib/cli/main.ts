import { readFileSync } from 'node:fs'
import { Command, CommanderError, Help } from 'commander'
import { packagedFile } from '../../roles/packaged.ts'
import { didYouMean } from '../config/suggest.ts'
import { commandNames, commands } from './commands.ts'
import { help } from './help.ts'
import { exitCodes, type PlayArguments, UsageError } from './options.ts'
import { withPlayOptions } from './play-options.ts'

const version = (): string => JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')).version

const bare = (): Command => withPlayOptions(new Command('nfsha-play')).exitOverride()

const program = async (words: readonly string[]): Promise<Command> => {
  const root = bare()
    .description('Turns two plain Linux servers into a highly available NFS server, and keeps it so.')
    .version(version(), '--version')
    .argument('[playbook|role]', 'site.yml, status.yml, or one role')
    .helpCommand('help [command]', 'the help of one command')
    .configureHelp({ formatHelp: (command, helper) => (command.parent ? new Help().formatHelp(command, helper) : help) })
    .showSuggestionAfterError()
    .action(async (argument: string | undefined, options: PlayArguments) => {
      if (argument === undefined) return root.help({ error: true })
      const { play } = await import('./play.ts')
      process.exitCode = await play(argument, options)
    })
  for (const name of commandNames.filter(name => words.includes(name))) await commands[name]?.(root.command(name))
  return root
}

/** The words that choose the command: the first one, and the one after `help`. What else is given as an argument chooses nothing. */
const choosingWords = (argv: readonly string[]): string[] => {
  const { operands, unknown } = bare().parseOptions(argv.slice(2))
  const [first = '', second] = operands
  const hint = didYouMean(first, commandNames)
  // A playbook stands alone: with more behind it, a word close to a command was meant for one.
  if (hint && !commandNames.includes(first) && operands.length + unknown.length > 1)
    throw new UsageError(`no command '${first}'\n  ${hint}`)
  return first === 'help' && second !== undefined ? [second] : [first]
}

/** Errors of the operator's making are told without a stack trace; all else is a fault of ours and says so. */
const tell = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage
  const name = error instanceof Error ? error.name : ''
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' && name === 'LabError' ? `\n${error.hint}` : ''
  if (['ConfigError', 'ConfigErrors', 'UsageError', 'LabError'].includes(name)) {
    process.stderr.write(`${(error as Error).message}${hint}\n`)
    return exitCodes.usage
  }
  process.stderr.write(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return exitCodes.internal
}

/** The command line. Sets the process's exit code. */
export const main = async (argv = process.argv): Promise<void> => {
  // `| head` has read enough: no reason to fail, nor to leave a play half done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await (await program(choosingWords(argv))).parseAsync(argv)
  } catch (error) {
    process.exitCode = tell(error)
  }
}
