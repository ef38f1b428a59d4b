import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { ConfigError, type Source } from './error.ts'
import { kindOf, readSource } from './files.ts'
import { byCodePoint, type Inventory } from './model.ts'
import { layered, type Value, type Variables } from './value.ts'
import { isVault, openSource } from './vault.ts'
import { parseYaml } from './yaml.ts'

const EXTENSIONS = ['.yml', '.yaml', '.json']

export interface ReadOptions {
  /** Leaves out files that are encrypted as a whole when there is no vault password at all. */
  openable?: boolean
}

/** The variables of `group_vars/<name>` or `host_vars/<name>` in a directory; files in a subdirectory apply in alphabetical order. */
export function varsFiles(
  inventory: Inventory,
  directory: string,
  kind: 'group_vars' | 'host_vars',
  name: string,
  { openable = false }: ReadOptions = {},
): Variables {
  return layered(...varsFilesOf(directory, kind, name).map(file => readVarsFile(inventory, file, openable && inventory.vault.empty)))
}

/** The paths of those files. */
function varsFilesOf(directory: string, kind: 'group_vars' | 'host_vars', name: string): string[] {
  const base = join(directory, kind, name)
  // Ansible takes the first that exists: a directory or a file without extension hides name.yml.
  const found = ['', ...EXTENSIONS].map(extension => base + extension).find(path => kindOf(path) !== undefined)
  if (found === undefined) return []
  return kindOf(found) === 'directory' ? filesBelow(found) : [found]
}

function filesBelow(directory: string): string[] {
  const names = readdirSync(directory).filter(name => !name.startsWith('.') && !name.endsWith('~'))
  return names.sort(byCodePoint).flatMap(name => {
    const path = join(directory, name)
    const extension = extname(name)
    if (kindOf(path) === 'directory') return extension === '' ? filesBelow(path) : []
    return extension === '' || EXTENSIONS.includes(extension) ? [path] : []
  })
}

interface VarsFile {
  source: Source
  variables?: Variables
}

const filesRead = new WeakMap<Inventory, Map<string, VarsFile>>()

/** A file of variables, read once an inventory. One that is encrypted as a whole is opened now; all in it counts as secret. */
function readVarsFile(inventory: Inventory, path: string, leaveClosed = false): Variables {
  const files = filesRead.get(inventory) ?? new Map<string, VarsFile>()
  filesRead.set(inventory, files)
  const file = files.get(path) ?? { source: readSource(path) }
  files.set(path, file)
  if (leaveClosed && isVault(file.source.text)) return new Map()
  file.variables ??= variablesIn(parseYaml(openSource(file.source, inventory.vault)))
  return file.variables
}

/** The variables that a parsed file holds: it must be a mapping, or empty. */
export function variablesIn(value: Value): Variables {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'scalar' && value.value === null) return new Map()
  throw new ConfigError('variables are written as a mapping (name: value)', value.place)
}
