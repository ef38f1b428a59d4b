import { readFileSync } from 'node:fs'
import { Command, CommanderError, Help, Option } from 'commander'
import { packagedFile } from '../../roles/packaged.ts'
import { help } from './help.ts'
import { exitCodes, type PlayArguments } from './options.ts'

const collect = (value: string, all: string[] = []): string[] => [...all, value]
const split = (value: string, all: string[] = []): string[] => [
  ...all,
  ...value
    .split(',')
    .map(v => v.trim())
    .filter(v => v !== ''),
]
const more = (_: string, before = 0): number => before + 1

const version = (): string => JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')).version

/** The options of everything that plays. */
const withPlayOptions = (command: Command): Command =>
  command
    .option('-i, --inventory <path>', 'inventory, several allowed (default ./inventory/hosts.yml)', collect)
    .option('-l, --limit <pattern>', 'only these hosts')
    .option('-t, --tags <tags>', 'only roles with these tags', split)
    .option('--skip-tags <tags>', 'not these', split)
    .option('-C, --check', 'change nothing, say what would change')
    .option('-D, --diff', 'show what differs')
    .option('-e, --extra-vars <vars>', 'key=value, {json} or @file', collect)
    .option('-f, --forks <n>', 'clusters side by side')
    .option('-u, --user <name>', 'log in as')
    .option('-b, --become', 'become root by sudo')
    .option('-K, --ask-become-pass', 'ask for the sudo password')
    .option('--private-key <file>', 'key to log in with')
    .option('-J, --ask-vault-pass', 'ask for the vault password')
    .option('--vault-password-file <file>', 'read it from a file')
    .option('--accept-new-host-keys', 'learn unknown host keys, never changed ones')
    .addOption(new Option('--output <format>', 'how to report').choices(['human', 'plain', 'jsonl']))
    .option('--exit-code', 'with --check: exit 5 when something would change')
    .option('--list-hosts', 'list and exit')
    .option('--list-tasks', 'list and exit')
    .option('--list-tags', 'list and exit')
    .option('--syntax-check', 'read all files and exit')
    .option('-v, --verbose', 'more detail, up to -vv', more)

const program = async (): Promise<Command> => {
  const root = new Command('nfsha-play')
    .description('Turns two plain Linux servers into a highly available NFS server, and keeps it so.')
    .version(version(), '--version')
    .argument('[playbook|role]', 'site.yml, status.yml, or one role')
    .exitOverride()
    .configureHelp({ formatHelp: (command, helper) => (command.parent ? new Help().formatHelp(command, helper) : help) })
    .showSuggestionAfterError()
  withPlayOptions(root).action(async (argument: string | undefined, options: PlayArguments) => {
    if (argument === undefined) return root.help({ error: true })
    const { play } = await import('./play.ts')
    process.exitCode = await play(argument, options)
  })
  if (process.argv[2] === 'lab' || isHelp()) {
    const { labCommand } = await import('./lab.ts')
    root.addCommand(labCommand())
  }
  for (const [name, text] of [
    ['ping', 'who can be reached, and as whom'],
    ['unlock', 'end the lock of a run that is dead'],
  ] as const)
    root
      .command(`${name} [pattern]`)
      .description(text)
      .action(async (pattern = 'all') => {
        const reach = await import('./reach.ts')
        process.exitCode = await reach[name](pattern, root.opts<PlayArguments>())
      })
  root
    .command('demo')
    .description('bring up the lab, play site.yml on it, show the result')
    .action(async () => {
      const { demo } = await import('./demo.ts')
      process.exitCode = await demo()
    })
  return root
}

const isHelp = (): boolean => process.argv.slice(2).some(a => a === '-h' || a === '--help' || a === 'help')

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
  try {
    await (await program()).parseAsync(argv)
  } catch (error) {
    process.exitCode = tell(error)
  }
}
