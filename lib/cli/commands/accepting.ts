import type { Command } from 'commander'
import { type PlayArguments, UsageError } from '../options.ts'

/** Options that supply vault passwords. */
export const vaultOptions = ['vaultPasswordFile', 'vaultId', 'askVaultPass'] as const

/** Options that determine the variables of a host. */
export const inventoryOptions = ['inventory', 'extraVars', ...vaultOptions] as const

/** The same, plus the path to the user's own roles, which declare variables too. */
export const variableOptions = [...inventoryOptions, 'rolesPath'] as const

/** Options that select hosts and configure the connection to them. */
export const reachOptions = [...inventoryOptions, 'limit', 'user', 'privateKey', 'become', 'askBecomePass', 'acceptNewHostKeys'] as const

/** Refuses options that a command does not support: `vars --check` would look as if it had checked something. */
export const accepting = (command: Command, names: readonly (keyof PlayArguments)[]): Command =>
  command.hook('preAction', () => {
    const root = command.parent
    // `--no-handlers` always has a value, its default
    const isGiven = (name: string) => ![undefined, 'default'].includes(root?.getOptionValueSource(name))
    const unread = root?.options.find(o => isGiven(o.attributeName()) && !names.some(name => name === o.attributeName()))
    if (unread) throw new UsageError(`${unread.long} is not supported by '${command.name()}'`)
  })
