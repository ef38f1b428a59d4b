import { readdirSync, realpathSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { ConfigError } from './error.ts'
import { kindOf, shownPath } from './files.ts'
import { loadPlaybook, type Playbook, type PlaybookOptions } from './playbook.ts'
import { closest } from './suggest.ts'

/** What the first argument of the command line means. */
export type Playable = { kind: 'playbook'; file: string } | { kind: 'role'; role: string }

export interface Places {
  cwd: string
  /** Directory that contains this package's own `playbooks/`. */
  packageRoot: string
  /** Names of the roles that can be loaded: those of ./roles and the package's own. */
  roleNames: readonly string[]
  /** Sub-commands, as suggestions for a word that is not found. */
  commandNames?: readonly string[]
}

const extensions = ['', '.yml', '.yaml']

/**
 * Finds a playbook or role: a path, then ./playbooks and the roles, then the package's own playbooks. The nearer of two playbooks wins, but
 * a word that is both a playbook and a role, or two playbooks of the same directory, is an error.
 */
export const findPlayable = (argument: string, places: Places): Playable => {
  const { cwd, packageRoot, roleNames } = places
  if (argument.includes('/')) return pathOf(argument, places)
  const searched = [cwd, join(cwd, 'playbooks'), join(packageRoot, 'playbooks')]
  const isRole = roleNames.includes(argument)
  const levels = searched.map(directory => playbooksNamed(argument, directory, isRole))
  const local = distinct([...(levels[0] ?? []), ...(levels[1] ?? [])])
  const files = local.length > 0 ? local : distinct(levels[2] ?? [])
  const [file, other] = files
  if (file !== undefined && (other !== undefined || isRole)) throw ambiguous(argument, files, isRole, cwd)
  if (file !== undefined) return { kind: 'playbook', file }
  if (isRole) return { kind: 'role', role: argument }
  throw notFound(argument, places)
}

/** A path is taken literally; the directory of a role means the role. */
const pathOf = (argument: string, places: Places): Playable => {
  const path = resolve(places.cwd, argument)
  const file = extensions.map(extension => path + extension).find(candidate => kindOf(candidate) === 'file')
  if (file !== undefined) return { kind: 'playbook', file }
  const name = basename(path)
  const isRole = [places.cwd, places.packageRoot].some(root => path === join(root, 'roles', name)) && places.roleNames.includes(name)
  if (isRole) return { kind: 'role', role: name }
  throw notFound(argument, places)
}

/** In a directory, `site` means site.yml. A file without extension with the name of a role is not assumed to be a playbook. */
const playbooksNamed = (argument: string, directory: string, isRole: boolean): string[] => {
  const names = extensions.map(extension => argument + extension).filter(name => !isRole || extname(name) !== '')
  return names
    .map(name => join(directory, name))
    .filter(path => kindOf(path) === 'file' && (extname(path) !== '' || directory.endsWith('playbooks')))
}

const distinct = (paths: string[]) => [...new Map(paths.map(path => [realpathSync(path), path])).values()]

const ambiguous = (argument: string, files: string[], isRole: boolean, cwd: string): ConfigError => {
  const meanings = [...files.map(file => `the playbook ${shownPath(file, cwd)}`), ...(isRole ? [`the role ${argument}`] : [])]
  return new ConfigError(
    `'${argument}' is ambiguous: ${meanings.join(', or ')}`,
    undefined,
    `name the file by its path, as ./${shownPath(files[0] ?? argument, cwd)}, or the role as roles/${argument}`,
  )
}

const notFound = (argument: string, { cwd, packageRoot, roleNames, commandNames = [] }: Places): ConfigError => {
  const playbooks = [cwd, join(cwd, 'playbooks'), join(packageRoot, 'playbooks')].flatMap(playbooksIn)
  const names = [...new Set([...playbooks, ...roleNames])]
  const near = closest(argument, [...names, ...playbooks.map(name => basename(name, extname(name))), ...commandNames])
  const hint = near === undefined ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`
  return new ConfigError(`no playbook and no role '${argument}'`, undefined, hint)
}

const playbooksIn = (directory: string): string[] => {
  if (kindOf(directory) !== 'directory') return []
  const isOne = (name: string) => /\.ya?ml$/.test(name) && (directory.endsWith('playbooks') || name === 'site.yml')
  return readdirSync(directory).filter(isOne)
}

/** What playing a single role runs: the plays of site.yml that name it, reduced to it. */
export const playbookOfRole = (role: string, places: Places, options: PlaybookOptions = {}): Playbook => {
  const site = findPlayable('site.yml', places)
  if (site.kind !== 'playbook') throw new ConfigError('site.yml is not a playbook')
  const { file, plays } = loadPlaybook(site.file, { cwd: places.cwd, ...options })
  const named = plays
    .map(play => ({ ...play, roles: play.roles.filter(entry => entry.role === role) }))
    .filter(play => play.roles.length > 0)
  if (named.length === 0)
    throw new ConfigError(
      `no play in ${file} names the role '${role}', so its hosts are not known`,
      undefined,
      'run a playbook that names it',
    )
  return { file, plays: named }
}
