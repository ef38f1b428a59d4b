import type { Command } from 'commander'
import { type PlayArguments, UsageError } from './options.ts'

/** Makes a bare command the sub-command that it is to be: its text, arguments, options and action. */
type Definition = (command: Command) => void | Promise<void>

/** The options that say how vault text is opened. */
const vaultOptions = ['vaultPasswordFile', 'vaultId', 'askVaultPass'] as const

/** Every sub-command. Only the one that the command line names is defined, and what it needs is loaded when it runs. */
export const commands: Record<string, Definition> = {
  ping: command =>
    void command
      .description('who can be reached, and as whom')
      .argument('[pattern]', 'which hosts', 'all')
      .action(async (pattern: string) => {
        const { ping } = await import('./reach.ts')
        process.exitCode = await ping(pattern, command.optsWithGlobals<PlayArguments>())
      }),
  unlock: command =>
    void command
      .description('end the lock of a run that is dead')
      .argument('[pattern]', 'which hosts', 'all')
      .action(async (pattern: string) => {
        const { unlock } = await import('./reach.ts')
        process.exitCode = await unlock(pattern, command.optsWithGlobals<PlayArguments>())
      }),
  demo: command =>
    void command.description('bring up the lab, play site.yml on it, show the result').action(async () => {
      const { demo } = await import('./demo.ts')
      process.exitCode = await demo()
    }),
  lab: async command => (await import('./lab.ts')).defineLab(command),
  vault: async command => (await import('./vault.ts')).defineVault(reading(command, vaultOptions)),
}

export const commandNames = Object.keys(commands)

/** Refuses options that mean nothing to a command: `vars --check` would look as if it had checked something. */
const reading = (command: Command, names: readonly (keyof PlayArguments)[]): Command =>
  command.hook('preAction', () => {
    const root = command.parent
    const unread = root?.options.find(o => o.attributeName() in root.opts() && !names.some(name => name === o.attributeName()))
    if (unread) throw new UsageError(`${unread.long} means nothing to '${command.name()}'`)
  })
