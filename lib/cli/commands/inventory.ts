import type { Command } from 'commander'
import { ConfigError, wholeOf } from '../../config/error.ts'
import type { Group, Inventory } from '../../config/model.ts'
import { matchHosts } from '../../config/pattern.ts'
import { didYouMean } from '../../config/suggest.ts'
import { print, printJson } from '../../report/output.ts'
import { ansibleJson, graphOf, hostListing, listingOf } from '../inventory/listing.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { readHosts } from '../run/sources.ts'
import { accepting, inventoryOptions } from './accepting.ts'

/** Options of `nfsha-play inventory`, the same as those of ansible-inventory. */
interface InventoryOptions extends PlayArguments {
  graph?: boolean
  list?: boolean
  host?: string
  playbookDir?: string
}

/** `nfsha-play inventory --graph|--list|--host`: shows the inventory in the format of ansible-inventory. */
export const define = (command: Command): void =>
  void accepting(command, inventoryOptions)
    .description('show the inventory as ansible-inventory does; secrets masked')
    .argument('[group]', 'group at the top of --graph (all)')
    .option('--graph', 'groups and hosts as a tree')
    .option('--list', 'groups, hosts and their variables as JSON')
    .option('--host <host>', 'the variables of one host as JSON')
    .option('--playbook-dir <dir>', 'directory of the playbook whose group_vars and host_vars are used', '.')
    .action((group: string | undefined) => showInventory(group, command.optsWithGlobals()))

const showInventory = async (group: string | undefined, options: InventoryOptions): Promise<void> => {
  const { graph, list, host } = options
  if ([graph, list, host !== undefined].filter(Boolean).length !== 1)
    throw new UsageError('inventory: give one of --graph, --list or --host <host>')
  if (group !== undefined && !graph) throw new UsageError(`'${group}' is supported with --graph only`)
  const { inventory, extraVars } = await readHosts(options)
  if (graph) print(graphOf(inventory, groupNamed(inventory, group ?? 'all')))
  else if (host === undefined) printJson(ansibleJson(listingOf(inventory, { extraVars })))
  else printJson(ansibleJson(hostListing(inventory, oneHost(inventory, host), { extraVars })))
}

const groupNamed = (inventory: Inventory, name: string): Group => {
  const group = inventory.groups.get(name)
  if (group) return group
  const names = [...inventory.groups.keys()]
  throw new ConfigError(`no group '${name}' in the inventory`, undefined, didYouMean(name, names) ?? `it has: ${names.join(', ')}`)
}

const oneHost = (inventory: Inventory, pattern: string): string => {
  const [host, ...others] = matchHosts(inventory, pattern, { place: wholeOf({ file: '--host', text: pattern }) })
  if (host === undefined || others.length > 0) throw new UsageError(`--host ${pattern}: expected one host, matched ${others.length + 1}`)
  return host
}
