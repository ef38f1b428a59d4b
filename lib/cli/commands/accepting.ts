import type { Command } from 'commander'
import { type PlayArguments, UsageError } from '../options.ts'

/** The options that say how vault text is opened. */
export const vaultOptions = ['vaultPasswordFile', 'vaultId', 'askVaultPass'] as const

/** The options that say what the variables of a host are. */
export const inventoryOptions = ['inventory', 'extraVars', ...vaultOptions] as const

/** The same with the roles of the user's own, which have variables too. */
export const variableOptions = [...inventoryOptions, 'rolesPath'] as const

/** The options that say which hosts, and how they are reached. */
export const reachOptions = [...inventoryOptions, 'limit', 'user', 'privateKey', 'become', 'askBecomePass', 'acceptNewHostKeys'] as const

/** Refuses options that mean nothing to a command: `vars --check` would look as if it had checked something. */
export const accepting = (command: Command, names: readonly (keyof PlayArguments)[]): Command =>
  command.hook('preAction', () => {
    const root = command.parent
    // `--no-handlers` has a value, and its default, in every case
    const isGiven = (name: string) => ![undefined, 'default'].includes(root?.getOptionValueSource(name))
    const unread = root?.options.find(o => isGiven(o.attributeName()) && !names.some(name => name === o.attributeName()))
    if (unread) throw new UsageError(`${unread.long} is not supported by '${command.name()}'`)
  })
