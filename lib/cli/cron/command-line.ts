import { resolve } from 'node:path'
import { siteRoles } from '../../../roles/index.ts'
import { findPlayable } from '../../config/playable.ts'
import { ownRoleFiles, roleFolders } from '../../own-roles/find.ts'
import { packagedFile, packageRoot } from '../../text/packaged.ts'
import type { DriftOptions } from '../drift/options.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { inventoryPaths } from '../run/sources.ts'

/** `label@file` with its file absolute; `prompt` asks, which a job cannot. */
const absoluteId = (id: string): string => {
  const [, label = '', source = ''] = /^(.*?@)?(.*)$/.exec(id) ?? []
  if (source === 'prompt') throw new UsageError(`--vault-id ${id} asks on a terminal, and a cron job has none; name a file`)
  return `${label}${resolve(source)}`
}

/** cron starts the job elsewhere, where `./roles` is another one. */
const rolesPathsOf = ({ rolesPath = [] }: PlayArguments): string[] => {
  const here = resolve('roles')
  return [...(ownRoleFiles(roleFolders([here], packageRoot)).size > 0 ? [here] : []), ...rolesPath.map(path => resolve(path))]
}

/** The command line of the job: what was given, every path absolute, since cron starts it in another folder. */
export const argvOf = (argument: string, options: PlayArguments, outputs: DriftOptions): string[] => {
  if (options.askBecomePass || options.askVaultPass)
    throw new UsageError('-K and -J ask on a terminal, and a cron job has none; use a sudo rule, or --vault-password-file')
  const places = { cwd: process.cwd(), packageRoot, roleNames: siteRoles.map(r => r.name) }
  const playable = findPlayable(argument, places)
  const pair = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  const path = (name: string, value: string | undefined) => pair(name, value === undefined ? undefined : resolve(value))
  return [
    process.execPath,
    packagedFile('bin/nfsha-play.js'),
    'drift',
    playable.kind === 'role' ? playable.role : resolve(playable.file),
    ...inventoryPaths(options.inventory).flatMap(path => ['-i', resolve(path)]),
    ...rolesPathsOf(options).flatMap(path => ['--roles-path', path]),
    ...pair('--limit', options.limit),
    ...(options.tags ?? []).flatMap(t => ['--tags', t]),
    ...(options.skipTags ?? []).flatMap(t => ['--skip-tags', t]),
    ...(options.extraVars ?? []).flatMap(v => ['-e', v.startsWith('@') ? `@${resolve(v.slice(1))}` : v]),
    ...pair('--forks', options.forks),
    ...(options.become ? ['--become'] : []),
    ...(options.acceptNewHostKeys ? ['--accept-new-host-keys'] : []),
    ...path('--private-key', options.privateKey),
    ...(options.vaultPasswordFile ?? []).flatMap(f => ['--vault-password-file', resolve(f)]),
    ...(options.vaultId ?? []).flatMap(id => ['--vault-id', absoluteId(id)]),
    ...path('--report', outputs.report),
    ...path('--metrics', outputs.metrics),
    ...(outputs.syslog ? ['--syslog'] : []),
    '--on-change-only',
  ]
}
