import type { Conflict } from '../../../roles/cross-checks/conflict.ts'
import { conflictsOf } from '../../../roles/cross-checks/index.ts'
import { roles as allRoles } from '../../../roles/index.ts'
import type { Role } from '../../../roles/role.ts'
import { clientIdentity, pairIdentity } from '../../../roles/service/checks/identity.ts'
import type { Vars } from '../../../roles/vars.ts'
import type { ClusterHosts } from '../../config/cluster.ts'
import { clustersOf, defaultClients } from '../../config/cluster.ts'
import { ConfigError, collecting, throwAll } from '../../config/error.ts'
import { hostErrors } from '../../config/host-errors.ts'
import type { Inventory } from '../../config/model.ts'
import { limitHosts, matchHosts } from '../../config/pattern.ts'
import type { Play } from '../../config/playbook.ts'
import { didYouMean } from '../../config/suggest.ts'
import { isSelected } from '../../config/tags.ts'
import type { Variables } from '../../config/value.ts'
import { judgeVars } from '../../config/variables.ts'
import type { PlayPlan, Target } from '../../engine/play.ts'
import type { Cluster, Node } from '../../engine/role.ts'
import type { OwnRole } from '../../own-roles/load.ts'
import { untestedPlatform } from '../../platform/index.ts'
import type { PlayArguments } from '../options.ts'
import { refuseUnknownExtraVars } from './extra-names.ts'
import { playable, type Schemas, schemasWith } from './own-schemas.ts'

export interface Plan {
  plays: PlayPlan<Vars>[]
  /** Plain text of every secret that the plan read. */
  secrets: string[]
  /** Deprecated syntax that still works. */
  warnings: string[]
}

/** Turns inventory and playbook into a plan for the engine. Every variable is read and validated here, before a host is contacted. */
export const planOf = (
  book: Play[],
  inventory: Inventory,
  options: PlayArguments,
  extraVars: Variables,
  ownRoles: readonly OwnRole[] = [],
): Plan => {
  const secrets: string[] = []
  const warnings: string[] = []
  collecting(
    [
      () => refuseUnknownTags(book, options),
      () => refuseRoleVars(book),
      () => refuseUnknownExtraVars(extraVars, inventory, { plays: book, ownRoles }),
    ],
    refuse => refuse(),
  )
  const hostsInAll = clustersOf(inventory)
  const plays = collecting(book, play =>
    planPlay(play, { inventory, options, extraVars, clusters: hostsInAll, secrets, warnings, ownRoles }),
  )
  return { plays, secrets: [...new Set(secrets)], warnings: [...new Set(warnings)] }
}

const specialTags = ['all', 'tagged', 'untagged', 'always', 'never']

/** A mistyped tag would silently play nothing, and an empty one (an unset variable in a script) everything. */
const refuseUnknownTags = (book: Play[], { tags, skipTags }: PlayArguments): void => {
  const own = [...new Set(book.flatMap(play => [...play.tags, ...play.roles.flatMap(r => r.tags)]))]
  const known = [...own, ...specialTags]
  for (const [option, given] of [
    ['--tags', tags],
    ['--skip-tags', skipTags],
  ] as const) {
    if (given?.length === 0 && option === '--tags')
      throw new ConfigError(`${option}: no tag is given`, undefined, `there are: ${own.join(', ')}`)
    const unknown = given?.find(tag => !known.includes(tag))
    if (unknown === undefined) continue
    const longer = own.filter(tag => unknown.length > 1 && tag.startsWith(unknown))
    const likely = longer.length > 0 ? `did you mean ${longer.map(tag => `'${tag}'`).join(' or ')}?` : didYouMean(unknown, known)
    throw new ConfigError(`${option}: no tag '${unknown}' in this playbook`, undefined, likely ?? `there are: ${own.join(', ')}`)
  }
}

/** The roles of a play share one set of variables per host, so one role cannot have its own. */
const refuseRoleVars = (book: Play[]): void => {
  const role = book.flatMap(play => play.roles).find(r => r.vars.size > 0)
  if (role) throw new ConfigError(`variables for role ${role.role} alone are not supported`, role.place, 'set them in `vars` of the play')
}

interface Surroundings {
  inventory: Inventory
  options: PlayArguments
  extraVars: Variables
  clusters: ClusterHosts[]
  secrets: string[]
  warnings: string[]
  ownRoles: readonly OwnRole[]
}

/** What all hosts of one play have in common. */
interface Within extends Surroundings {
  schemas: Schemas
  /** Variables of the user's own roles that only other plays use. */
  elsewhere: string[]
}

const planPlay = (play: Play, around: Surroundings): PlayPlan<Vars> => {
  const { inventory, options } = around
  const matched = matchHosts(inventory, play.hosts, { place: play.hostsPlace, mayLack: [defaultClients] })
  const limited = options.limit === undefined ? matched : limitHosts(inventory, matched, options.limit)
  const isPlayed = ({ name }: OwnRole) => play.roles.some(({ role }) => role === name)
  const ownRoles = around.ownRoles.filter(isPlayed)
  const elsewhere = around.ownRoles.filter(role => !isPlayed(role)).flatMap(role => Object.keys(role.fields))
  const within: Within = { ...around, ownRoles, elsewhere, schemas: schemasWith(ownRoles) }
  const roles = play.roles.map(({ role }) => roleOf(role, ownRoles))
  const tagsOf = (role: string) => play.roles.find(r => r.role === role)?.tags ?? play.tags
  const targets = collecting(around.clusters, hosts => targetOf(hosts, matched, limited, play, within)).flat()
  // Our own roles need a cluster; a play with one of them skips hosts in no cluster.
  if (play.roles.length === ownRoles.length) targets.push(...targetsAlone(matched, limited, play, within))
  const nodes = new Set(around.clusters.flatMap(c => c.nodes as string[]))
  return {
    name: play.name,
    targets,
    roles,
    selects: tags => isSelected([...tags, ...tagsOf(tags[0] ?? '')], { tags: options.tags ?? [], skipTags: options.skipTags ?? [] }),
    anyErrorsFatal: play.anyErrorsFatal,
    ...(play.serial !== undefined && { serial: play.serial }),
    identity: met => [
      ...pairIdentity(met.filter(m => nodes.has(m.node.name))),
      ...clientIdentity(met.filter(m => !nodes.has(m.node.name))),
    ],
    untested: ({ vars }, facts) =>
      vars.accept_untested_platform === undefined ? undefined : untestedPlatform(vars.accept_untested_platform, facts),
  }
}

const roleOf = (name: string, ownRoles: readonly OwnRole[]): Role => {
  const own = ownRoles.find(r => r.name === name)
  const role = own ? playable(own) : allRoles.find(r => r.name === name)
  if (!role) throw new Error(`no role ${name}`)
  return role
}

/** The part of a play for one cluster: its nodes, or its clients. */
const targetOf = (hosts: ClusterHosts, matched: string[], limited: string[], play: Play, within: Within): Target<Vars>[] => {
  const members = [...hosts.nodes, ...hosts.clients].filter(h => matched.includes(h))
  const chosen = members.filter(h => limited.includes(h))
  if (chosen.length === 0) return []
  const cluster = clusterOf(hosts, play, within)
  const nodes = [...cluster.nodes, ...cluster.clients].filter(n => chosen.includes(n.name))
  const left = members.filter(h => !chosen.includes(h)).map(host => ({ host, reason: 'not in --limit' }))
  return [{ cluster, hosts: nodes, left }]
}

/** Hosts in no cluster: each is played by itself, with its own lock. */
const targetsAlone = (matched: string[], limited: string[], play: Play, within: Within): Target<Vars>[] => {
  const { inventory, clusters, extraVars, schemas, elsewhere, secrets, warnings } = within
  const inClusters = new Set(clusters.flatMap(c => [...c.nodes, ...c.clients]))
  return collecting(
    matched.filter(host => !inClusters.has(host) && limited.includes(host)),
    host => {
      const judged = judgeVars(inventory, host, { playVars: play.vars, extraVars, schema: schemas.alone, knownNames: elsewhere })
      throwAll(hostErrors(judged.errors))
      secrets.push(...judged.secrets)
      warnings.push(...judged.warnings)
      // Built-in roles are never played here, so nobody reads the missing variables.
      const node = { name: host, vars: judged.values as Vars }
      return { cluster: { name: host, nodes: [], clients: [node] }, hosts: [node], left: [] }
    },
  )
}

/** Validates the values of a cluster, each by itself and together. Throws all errors at once. */
const clusterOf = (
  hosts: ClusterHosts,
  play: Play,
  { inventory, extraVars, secrets, warnings, schemas, elsewhere }: Within,
): Cluster<Vars> => {
  const outer = { playVars: play.vars, extraVars }
  const nodes = hosts.nodes.map(host => ({
    host,
    ...judgeVars(inventory, host, { ...outer, schema: schemas.node, knownNames: elsewhere }),
  }))
  const shared = nodes[0]?.values ?? {}
  const clients = hosts.clients.map(host => {
    const own = judgeVars(inventory, host, {
      ...outer,
      schema: schemas.client,
      knownNames: [...Object.keys(schemas.node.shape), ...elsewhere],
    })
    return { host, ...own, values: { ...shared, ...own.values } }
  })
  const judged = [...nodes, ...clients]
  const errors = hostErrors(judged.flatMap(j => j.errors))
  const declared = (some: typeof judged) => some.map(({ host, values }) => ({ host, vars: values }))
  const conflicts = conflictsOf({ nodes: declared(nodes), clients: declared(clients) })
  const placeOf = (conflict: Conflict) => judged.find(j => j.host === conflict.host)?.place(conflict.names)
  throwAll([...errors, ...conflicts.map(c => new ConfigError(c.message, placeOf(c), c.hint))])
  secrets.push(...nodes.flatMap(n => n.secrets))
  warnings.push(...judged.flatMap(j => j.warnings))
  const complete = (some: typeof judged) => some.map(({ host, values }): Node<Vars> => ({ name: host, vars: values as Vars }))
  return { name: hosts.name, nodes: complete(nodes), clients: complete(clients) }
}
