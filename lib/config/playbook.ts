import { dirname, resolve } from 'node:path'
import { ConfigError, collecting, type Place } from './error.ts'
import { readSource, shownPath } from './files.ts'
import { checkKeys, importKeys, playKeys, roleKeys } from './play-keys.ts'
import { flagIn, numberIn, textIn, wordsIn } from './play-values.ts'
import { didYouMean } from './suggest.ts'
import { type Decrypter, type Entry, layered, type Value, type Variables } from './value.ts'
import { variablesIn } from './vars-files.ts'
import { keyring, openSource } from './vault.ts'
import { parseYaml } from './yaml.ts'

/** A role in a play. */
interface PlayRole {
  role: string
  /** Its own tags, those of its play, and its name. */
  tags: string[]
  vars: Variables
  place: Place
}

export interface Play {
  name: string
  /** One or more host patterns. */
  hosts: string[]
  hostsPlace: Place
  roles: PlayRole[]
  /** `vars`, overridden by `vars_files`, as in Ansible. */
  vars: Variables
  tags: string[]
  become?: boolean
  becomeUser?: string
  remoteUser?: string
  /** Whether a failed host stops the others of its cluster. */
  anyErrorsFatal: boolean
  /** Number of clusters at a time. */
  serial?: number
  place: Place
}

export interface Playbook {
  /** Path of the file as an operator would type it. */
  file: string
  /** Its plays and those of the playbooks that it imports, in order. */
  plays: Play[]
}

export interface PlaybookOptions {
  cwd?: string
  /** Names of the known roles; an unknown one is an error. If omitted, any name is accepted. */
  roleNames?: readonly string[]
  vault?: Decrypter
}

interface Reading {
  roleNames: readonly string[] | undefined
  cwd: string
  vault: Decrypter
  /** The files being read, outermost first: importing one of them again would never end. */
  open: string[]
  /** Number of imports read in all files: a few files can import one another billions of times. */
  imports: { count: number }
}

const deepestImport = 50
const mostImports = 1000

/** Reads a playbook and everything that it imports. */
export const loadPlaybook = (path: string, options: PlaybookOptions = {}): Playbook => {
  const cwd = options.cwd ?? process.cwd()
  const plays = readPlaybook(resolve(cwd, path), {
    roleNames: options.roleNames,
    cwd,
    vault: options.vault ?? keyring([]),
    open: [],
    imports: { count: 0 },
  })
  return { file: shownPath(path, cwd), plays }
}

const readPlaybook = (file: string, reading: Reading): Play[] => {
  const source = openSource(readSource(file, reading.cwd), reading.vault)
  const value = parseYaml(source)
  if (value.kind !== 'list') throw new ConfigError('a playbook is a list of plays', value.place, '- hosts: nfs\n    roles: [base]')
  const nested = { ...reading, open: [...reading.open, file] }
  return collecting(value.items, item => readItem(item, file, nested)).flat()
}

const readItem = (item: Value, file: string, reading: Reading): Play[] => {
  if (item.kind !== 'map') throw new ConfigError('a play is a mapping with hosts and roles', item.place)
  const imported = item.entries.get('import_playbook') ?? item.entries.get('ansible.builtin.import_playbook')
  return imported ? importPlaybook(imported, item.entries, file, reading) : [readPlay(item.entries, item.place, file, reading)]
}

const importPlaybook = ({ value }: Entry, entries: Variables, file: string, reading: Reading): Play[] => {
  checkKeys(entries, importKeys, 'an import')
  const path = resolve(dirname(file), textIn(value))
  if (reading.open.includes(path)) throw new ConfigError('a playbook cannot import itself', value.place)
  if (reading.open.length > deepestImport) throw new ConfigError(`imports are nested deeper than ${deepestImport} playbooks`, value.place)
  reading.imports.count += 1
  if (reading.imports.count > mostImports) throw new ConfigError(`more than ${mostImports} imports in one playbook`, value.place)
  const tags = wordsIn(entries.get('tags')?.value)
  const vars = entries.get('vars')
  return readPlaybook(path, reading).map(play => ({
    ...play,
    vars: layered(vars && variablesIn(vars.value), play.vars),
    tags: [...new Set([...play.tags, ...tags])],
    roles: play.roles.map(role => ({ ...role, tags: [...new Set([...role.tags, ...tags])] })),
  }))
}

const readPlay = (entries: Variables, place: Place, file: string, reading: Reading): Play => {
  checkKeys(entries, playKeys, 'a play')
  const hosts = entries.get('hosts')
  if (!hosts) throw new ConfigError("a play needs 'hosts'", place)
  const patterns = wordsIn(hosts.value, { commas: false })
  if (patterns.length === 0) throw new ConfigError("'hosts' names no host", hosts.value.place)
  const tags = wordsIn(entries.get('tags')?.value)
  const become = flagIn(entries.get('become')?.value)
  const becomeUser = entries.get('become_user')
  const remoteUser = entries.get('remote_user') ?? entries.get('user')
  const serial = entries.get('serial')
  return {
    name: entries.has('name') ? textIn(entries.get('name')?.value) : patterns.join(','),
    hosts: patterns,
    hostsPlace: hosts.value.place,
    roles: rolesIn(entries.get('roles'), tags, reading),
    vars: layered(...playVars(entries, file, reading)),
    tags,
    ...(become !== undefined && { become }),
    ...(becomeUser && { becomeUser: textIn(becomeUser.value) }),
    ...(remoteUser && { remoteUser: textIn(remoteUser.value) }),
    anyErrorsFatal: flagIn(entries.get('any_errors_fatal')?.value) ?? true,
    ...(serial && { serial: numberIn(serial.value) }),
    place,
  }
}

const playVars = (entries: Variables, file: string, reading: Reading): Variables[] => {
  const vars = entries.get('vars')
  const files = wordsIn(entries.get('vars_files')?.value, { commas: false })
  const read = (path: string) => variablesIn(parseYaml(openSource(readSource(resolve(dirname(file), path), reading.cwd), reading.vault)))
  return [...(vars ? [variablesIn(vars.value)] : []), ...files.map(read)]
}

const rolesIn = (entry: Entry | undefined, playTags: string[], reading: Reading): PlayRole[] => {
  if (!entry || (entry.value.kind === 'scalar' && entry.value.value === null)) return []
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  return collecting(items, item => roleIn(item, playTags, reading))
}

const roleIn = (item: Value, playTags: string[], { roleNames }: Reading): PlayRole => {
  const entries: Variables = item.kind === 'map' ? item.entries : new Map([['role', { at: item.place, value: item }]])
  checkKeys(entries, roleKeys, 'a role')
  const named = (entries.get('role') ?? entries.get('name'))?.value
  if (!named) throw new ConfigError("a role entry needs 'role'", item.place)
  const name = textIn(named)
  if (roleNames && !roleNames.includes(name))
    throw new ConfigError(`no role '${name}'`, named.place, didYouMean(name, roleNames) ?? `there are: ${roleNames.join(', ')}`)
  const vars = entries.get('vars')
  const tags = new Set([...playTags, ...wordsIn(entries.get('tags')?.value), name])
  return { role: name, tags: [...tags], vars: vars ? variablesIn(vars.value) : new Map(), place: named.place }
}
