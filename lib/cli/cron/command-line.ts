import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { findPlayable } from '../../config/playable.ts'
import { isSecretName } from '../../config/secret-lines.ts'
import { ownRoleFiles, roleFolders } from '../../own-roles/find.ts'
import { packagedFile, packageRoot } from '../../text/packaged.ts'
import type { DriftOptions } from '../drift/options.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { inventoryPaths, placesOf } from '../run/sources.ts'

/** Files that are open in this shell only: in a cron job the path is missing or is something else. */
const inherited = /^\/(dev\/(stdin|fd\/.*)|proc\/(self|\d+)\/.*)$/

const absolute = (path: string): string => {
  const file = resolve(path.replace(/^~(?=\/)/, homedir()))
  if (inherited.test(file)) throw new UsageError(`${path} is open in this shell only, not in a cron job; name a file`)
  return file
}

/** Host lists such as `M1,M2` are not paths. */
const sourceOf = (inventory: string): string => (inventory.includes(',') ? inventory : absolute(inventory))

/** A limit may name files: `@retry`, alone or in a comma-separated list. */
const absoluteLimit = (limit: string): string =>
  limit
    .split(',')
    .map(part => part.replace(/^(\s*@)(.+?)\s*$/, (_, at: string, file: string) => `${at}${absolute(file)}`))
    .join(',')

/** The crontab, and `ps` while the job runs, show the value of `-e`. */
const extraVarsOf = (argument: string): string => {
  if (argument.startsWith('@')) return `@${absolute(argument.slice(1))}`
  const secret = argument.match(/\w+/g)?.find(isSecretName)
  if (secret === undefined) return argument
  throw new UsageError(`-e ${secret}: crontab and ps show it; put the secret into the inventory, encrypted, or use -e @file`)
}

/** `label@file` with an absolute file. Throws for `prompt`: a cron job cannot ask. */
const absoluteId = (id: string): string => {
  const [, label = '', source = ''] = /^(.*?@)?(.*)$/.exec(id) ?? []
  if (source === 'prompt') throw new UsageError(`--vault-id ${id} needs a terminal, and a cron job has none; name a file`)
  return `${label}${absolute(source)}`
}

/** cron starts the job in another directory, where `./roles` is a different one. */
const rolesPathsOf = ({ rolesPath = [] }: PlayArguments): string[] => {
  const here = resolve('roles')
  return [...(ownRoleFiles(roleFolders([here], packageRoot)).size > 0 ? [here] : []), ...rolesPath.map(path => resolve(path))]
}

/** Command line of the job: the given options with absolute paths, since cron starts it in another directory. */
export const argvOf = (argument: string, options: PlayArguments, outputs: DriftOptions): string[] => {
  if (options.askBecomePass || options.askVaultPass)
    throw new UsageError('-K and -J need a terminal, and a cron job has none; use a sudo rule or --vault-password-file')
  const playable = findPlayable(argument, placesOf(options))
  const pair = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  const path = (name: string, value: string | undefined) => pair(name, value === undefined ? undefined : absolute(value))
  return [
    process.execPath,
    packagedFile('bin/nfsha-play.js'),
    'drift',
    playable.kind === 'role' ? playable.role : resolve(playable.file),
    ...inventoryPaths(options.inventory).flatMap(path => ['-i', sourceOf(path)]),
    ...rolesPathsOf(options).flatMap(path => ['--roles-path', path]),
    ...pair('--limit', options.limit === undefined ? undefined : absoluteLimit(options.limit)),
    ...(options.tags ?? []).flatMap(t => ['--tags', t]),
    ...(options.skipTags ?? []).flatMap(t => ['--skip-tags', t]),
    ...(options.extraVars ?? []).flatMap(v => ['-e', extraVarsOf(v)]),
    ...pair('--forks', options.forks),
    ...(options.become ? ['--become'] : []),
    ...(options.acceptNewHostKeys ? ['--accept-new-host-keys'] : []),
    ...path('--private-key', options.privateKey),
    ...(options.vaultPasswordFile ?? []).flatMap(f => ['--vault-password-file', absolute(f)]),
    ...(options.vaultId ?? []).flatMap(id => ['--vault-id', absoluteId(id)]),
    ...path('--report', outputs.report),
    ...path('--metrics', outputs.metrics),
    ...(outputs.syslog ? ['--syslog'] : []),
    '--on-change-only',
  ]
}
