import { extname, join } from 'node:path'
import { filesBelow, namesIn } from './directory.ts'
import { ConfigError, type Source } from './error.ts'
import { kindOf, readSource, shownPath } from './files.ts'
import type { Inventory } from './model.ts'
import { layered, type Value, type Variables } from './value.ts'
import { isVault, openSource } from './vault.ts'
import { parseYaml } from './yaml.ts'

const extensions = ['.yml', '.yaml', '.json']

export interface ReadOptions {
  /** Skips files that are fully encrypted when there is no vault password at all. */
  openable?: boolean
}

/** The variables of `group_vars/<name>` or `host_vars/<name>` in a directory; files in a subdirectory apply in alphabetical order. */
export const varsFiles = (
  inventory: Inventory,
  directory: string,
  kind: 'group_vars' | 'host_vars',
  name: string,
  { openable = false }: ReadOptions = {},
): Variables =>
  layered(...varsFilesOf(inventory, directory, kind, name).map(file => readVarsFile(inventory, file, openable && inventory.vault.empty)))

/** Paths of those files. */
const varsFilesOf = (inventory: Inventory, directory: string, kind: 'group_vars' | 'host_vars', name: string): string[] => {
  const folder = join(directory, kind)
  const names = inventory.varsNames.get(folder)
  // As in Ansible, the path of a chroot may be the name of a host.
  if (!names || name.startsWith('/')) return []
  // Ansible uses the first that exists: a directory or a file without extension hides name.yml.
  const candidates = ['', ...extensions].map(extension => name + extension)
  const found = candidates.filter(file => names.has(file) || file.includes('/')).find(file => kindOf(join(folder, file)) !== undefined)
  if (found === undefined) return []
  const path = join(folder, found)
  return kindOf(path) === 'directory' ? filesBelow(path, isVarsFile) : [path]
}

const isVarsFile = (name: string, kind: 'file' | 'directory'): boolean => {
  if (name.startsWith('.') || name.endsWith('~')) return false
  const extension = extname(name)
  return extension === '' || (kind === 'file' && extensions.includes(extension))
}

/** Lists the `group_vars` and `host_vars` of a directory. A plain file of that name is ignored with a warning, as in Ansible. */
export const lookIntoVarsFolders = (inventory: Inventory, directory: string): void => {
  for (const kind of ['group_vars', 'host_vars']) {
    const folder = join(directory, kind)
    const found = kindOf(folder)
    if (found === 'directory') inventory.varsNames.set(folder, new Set(namesIn(folder)))
    if (found === 'file') inventory.warnings.push(`${shownPath(folder)} is not a directory: it is ignored`)
  }
}

interface VarsFile {
  source: Source
  variables?: Variables
}

const filesRead = new WeakMap<Inventory, Map<string, VarsFile>>()

/** Reads a file of variables, once per inventory. A fully encrypted file is decrypted now; everything in it is secret. */
const readVarsFile = (inventory: Inventory, path: string, leaveClosed = false): Variables => {
  const files = filesRead.get(inventory) ?? new Map<string, VarsFile>()
  filesRead.set(inventory, files)
  const file = files.get(path) ?? { source: readSource(path) }
  files.set(path, file)
  if (leaveClosed && isVault(file.source.text)) return new Map()
  file.variables ??= variablesIn(parseYaml(openSource(file.source, inventory.vault)))
  return file.variables
}

/** The variables of a parsed file, which must be a mapping or empty. */
export const variablesIn = (value: Value): Variables => {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'scalar' && value.value === null) return new Map()
  throw new ConfigError('variables are written as a mapping (name: value)', value.place)
}
