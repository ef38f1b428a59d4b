import type { Command } from 'commander'
import type { CommandName } from './command-names.ts'
import { type PlayArguments, UsageError } from './options.ts'

/** Makes a bare command the sub-command that it is to be: its text, arguments, options and action. */
type Definition = (command: Command) => void | Promise<void>

/** The options that say how vault text is opened. */
const vaultOptions = ['vaultPasswordFile', 'vaultId', 'askVaultPass'] as const

/** The options that say what the variables of a host are. */
const inventoryOptions = ['inventory', 'extraVars', ...vaultOptions] as const

/** The options that say which hosts, and how they are reached. */
const reachOptions = [...inventoryOptions, 'limit', 'user', 'privateKey', 'become', 'askBecomePass', 'acceptNewHostKeys'] as const

/** Every sub-command. Only the one that the command line names is defined, and what it needs is loaded when it runs. */
export const commands: Record<CommandName, Definition> = {
  ping: command =>
    void reading(command, reachOptions)
      .description('who can be reached, and as whom')
      .argument('[pattern]', 'which hosts', 'all')
      .action(async (pattern: string) => {
        const { ping } = await import('./reach.ts')
        process.exitCode = await ping(pattern, command.optsWithGlobals<PlayArguments>())
      }),
  unlock: command =>
    void reading(command, reachOptions)
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
  vars: command =>
    void reading(command, inventoryOptions)
      .description('every variable of ours for a host, its value and the place that it comes from; secrets masked')
      .argument('<host>', 'a node or a client')
      .option('--json', 'for programs')
      .option('--playbook-dir <dir>', 'where the playbook lies whose group_vars and host_vars count', '.')
      .action(async (host: string) => {
        const { showVars } = await import('./vars.ts')
        await showVars(host, command.optsWithGlobals())
      }),
  inventory: command =>
    void reading(command, inventoryOptions)
      .description('what ansible-inventory shows; secrets masked')
      .argument('[group]', 'where --graph starts (all)')
      .option('--graph', 'groups and hosts as a tree')
      .option('--list', 'groups, hosts and their variables as JSON')
      .option('--host <host>', 'the variables of one host as JSON')
      .option('--playbook-dir <dir>', 'where the playbook lies whose group_vars and host_vars count', '.')
      .action(async (group: string | undefined) => {
        const { showInventory } = await import('./inventory.ts')
        await showInventory(group, command.optsWithGlobals())
      }),
  init: command =>
    void reading(command, [])
      .description('an example inventory to fill in')
      .argument('[dir]', 'gets inventory/hosts.yml', '.')
      .action(async (directory: string) => {
        const { init } = await import('./init.ts')
        init(directory)
      }),
  drift: async command => (await import('./operations.ts')).defineDrift(command),
  cron: async command => (await import('./operations.ts')).defineCron(command),
  history: async command => (await import('./operations.ts')).defineHistory(command),
  vault: async command => (await import('./vault.ts')).defineVault(reading(command, vaultOptions)),
}

/** Refuses options that mean nothing to a command: `vars --check` would look as if it had checked something. */
const reading = (command: Command, names: readonly (keyof PlayArguments)[]): Command =>
  command.hook('preAction', () => {
    const root = command.parent
    // `--no-handlers` has a value, and its default, in every case
    const isGiven = (name: string) => ![undefined, 'default'].includes(root?.getOptionValueSource(name))
    const unread = root?.options.find(o => isGiven(o.attributeName()) && !names.some(name => name === o.attributeName()))
    if (unread) throw new UsageError(`${unread.long} means nothing to '${command.name()}'`)
  })
