import { didYouMean } from '../../lib/role-api/index.ts'
import { versionProblem } from '../service/nfs/version3.ts'
import type { Vars } from '../vars.ts'
import { type Conflict, type CrossCheck, shared } from './conflict.ts'

/** exports(5) of nfs-utils 2.6: options with a `no_` form, plain options, and options that take a value. */
const switches = ['wdelay', 'hide', 'subtree_check', 'auth_nlm', 'root_squash', 'all_squash', 'acl', 'pnfs']
const words = [
  'secure',
  'insecure',
  'rw',
  'ro',
  'async',
  'sync',
  'nohide',
  'crossmnt',
  'secure_locks',
  'insecure_locks',
  'security_label',
  'mountpoint',
  'mp',
]
const withValue = ['mountpoint', 'mp', 'fsid', 'refer', 'replicas', 'anonuid', 'anongid', 'sec']
const opposites = [
  ['rw', 'ro'],
  ['sync', 'async'],
  ['secure', 'insecure'],
  ['hide', 'nohide'],
  ['secure_locks', 'insecure_locks'],
  ['no_root_squash', 'all_squash'],
  ...switches.map(name => [name, `no_${name}`]),
]
const known = [...words, ...switches.flatMap(name => [name, `no_${name}`]), ...withValue.map(name => `${name}=`)]

const problemOf = (option: string): { message: string; hint?: string } | undefined => {
  const [name = '', value] = option.split('=')
  if (value === undefined ? known.includes(name) : withValue.includes(name)) {
    if (/^anon[ug]id$/.test(name) && !/^\d+$/.test(value ?? '')) return { message: `${option}: ${name} is a number` }
    return undefined
  }
  const hint = didYouMean(value === undefined ? name : `${name}=`, known)
  return { message: `'${option}' is not an option in exports(5)`, ...(hint && { hint }) }
}

/** exportfs(8) refuses the whole line if it does not know an option: a takeover would then export nothing. */
const exportOptions: CrossCheck = cluster => {
  const found = shared(cluster, 'nfs_export_options')
  if (!found) return []
  const options = found.value.split(',')
  const conflict = (message: string, hint?: string): Conflict => ({
    host: found.host,
    names: ['nfs_export_options'],
    message: `nfs_export_options: ${message}`,
    ...(hint && { hint }),
  })
  const stack = shared(cluster, 'ha_stack')?.value
  return [
    ...options.flatMap(option => {
      const problem = problemOf(option)
      return problem ? [conflict(problem.message, problem.hint)] : []
    }),
    ...opposites.filter(pair => pair.every(o => options.includes(o))).map(pair => conflict(`${pair.join(' and ')} contradict each other`)),
    ...(stack === 'lean' && options.some(o => o.startsWith('fsid=')) ? [conflict('fsid is added automatically', 'set nfs_fsid')] : []),
  ]
}

const clientVersion: CrossCheck = ({ clients }) =>
  clients.flatMap(({ host, vars }): Conflict[] => {
    const { client_options, ha_stack, nfs_v3 } = vars
    if (client_options === undefined || ha_stack === undefined || nfs_v3 === undefined) return []
    const message = versionProblem({ ...(vars as Vars), client_options, ha_stack, nfs_v3 })
    return message ? [{ host, names: ['client_options', 'nfs_v3'], message }] : []
  })

export const exports: CrossCheck = cluster => [...exportOptions(cluster), ...clientVersion(cluster)]
