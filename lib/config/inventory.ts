import { dirname, extname, resolve } from 'node:path'
import { filesBelow } from './directory.ts'
import { ConfigError, collecting, configErrorsOf, type Source, wholeOf } from './error.ts'
import { kindOf, readSource } from './files.ts'
import { expandHosts } from './host-names.ts'
import { readIni } from './ini.ts'
import { addGroup, addHost, completeInventory, emptyInventory, type Inventory } from './model.ts'
import type { Value } from './value.ts'
import { lookIntoVarsFolders } from './vars-files.ts'
import { keyring, openSource, type VaultPassword } from './vault.ts'
import { parseYaml } from './yaml.ts'
import { isGroup, readYamlInventory } from './yaml-inventory.ts'

export interface InventoryOptions {
  cwd?: string
  vaultPasswords?: readonly VaultPassword[]
  /** Directories of the playbooks: their `host_vars/` and `group_vars/` override those beside the inventory. */
  playbookDirectories?: readonly string[]
}

/** Names that Ansible skips in a directory of inventory files. */
const skipped =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/

/**
 * Reads inventory sources: files in YAML or INI format, directories of them, or host names with a comma (`M1,`). Later sources win.
 * Variables stay unexpanded and encrypted until they are used.
 */
export const loadInventory = (sources: readonly string[], options: InventoryOptions = {}): Inventory => {
  const cwd = options.cwd ?? process.cwd()
  const inventory = emptyInventory(keyring(options.vaultPasswords ?? []))
  inventory.sources.push(...sources)
  collecting(sources, source => readSourceArgument(inventory, source, cwd))
  completeInventory(inventory)
  inventory.playbookDirectories.push(...new Set((options.playbookDirectories ?? []).map(path => resolve(cwd, path))))
  const directories = new Set([...inventory.inventoryDirectories, ...inventory.playbookDirectories])
  for (const directory of directories) lookIntoVarsFolders(inventory, directory)
  return inventory
}

const readSourceArgument = (inventory: Inventory, source: string, cwd: string): void => {
  const path = resolve(cwd, source)
  const kind = kindOf(path)
  if (kind === undefined && source.includes(',')) {
    readHostList(inventory, source)
    return
  }
  if (kind === undefined)
    throw new ConfigError('no such inventory', wholeOf({ file: source, text: '' }), `host names need a comma: '${source},'`)
  inventory.inventoryDirectories.push(kind === 'directory' ? path : dirname(path))
  const files = kind === 'directory' ? filesBelow(path, name => !skipped.test(name)) : [path]
  for (const file of files) readInventoryFile(inventory, file, cwd)
}

const readHostList = (inventory: Inventory, list: string): void => {
  const place = wholeOf({ file: '-i', text: list })
  const group = addGroup(inventory, 'ungrouped', place)
  for (const entry of list.split(',').map(part => part.trim())) {
    if (entry === '') continue
    const { names, port } = expandHosts(entry, place)
    for (const name of names) addHost(inventory, name, group, place, port)
  }
}

const readInventoryFile = (inventory: Inventory, path: string, cwd: string): void => {
  // A fully encrypted inventory file must be decrypted now: its hosts are inside.
  const anyComments = !yamlExtensions.includes(extname(path))
  const source = openSource(readSource(path, cwd, { anyComments }), inventory.vault)
  refuseProgram(source)
  if (extname(path) === '.toml') throw new ConfigError('TOML inventories are not supported', wholeOf(source), 'supported: YAML and INI')
  const value = yamlOf(source, path)
  if (value) readYamlInventory(inventory, value, source)
  else readIni(inventory, source)
}

const yamlExtensions = ['.yml', '.yaml', '.json']

/** The parsed content if it is YAML; undefined if it must be read as INI. Ansible tries both; this decides first. */
const yamlOf = (source: Source, path: string): Value | undefined => {
  const extension = extname(path)
  const first = source.text.split('\n').find(line => !/^\s*([#;].*)?$/.test(line)) ?? ''
  if (extension !== '.json' && /^\s*\[[\w.-]+(:\w+)?\]\s*(#.*)?$/.test(first)) return undefined
  if (yamlExtensions.includes(extension)) return filled(parseYaml(source), source)
  if (extension !== '' || first.trim() === '') return undefined
  const looksYaml = /^---|^[^[=\s]+:\s*(#.*)?$|^\{/.test(first)
  try {
    const value = parseYaml(source)
    // `h a="{'x': 1}"` is a mapping too for a YAML parser, but no group of an inventory is a single value.
    const isInventory = value.kind === 'map' && [...value.entries.values()].every(entry => isGroup(entry.value))
    return isInventory || (looksYaml && value.kind === 'map') ? value : undefined
  } catch (error) {
    configErrorsOf(error)
    if (looksYaml) throw error
    return undefined
  }
}

const filled = (value: Value, source: Source): Value => {
  if (value.kind !== 'scalar' || value.value !== null) return value
  throw new ConfigError('this inventory is empty', wholeOf(source))
}

const refuseProgram = (source: Source): void => {
  if (!source.text.startsWith('#!')) return
  throw new ConfigError(
    'inventory scripts are not supported',
    { source, line: 1, column: 1 },
    'save its output with: ansible-inventory --list --yaml',
  )
}
