import type * as z from 'zod'
import { Vars } from '../../../roles/vars.ts'
import { type ClusterHosts, clustersOf } from '../../config/cluster.ts'
import { ConfigError, placeName } from '../../config/error.ts'
import type { Inventory } from '../../config/model.ts'
import { isOurs, withNewNames } from '../../config/own-names.ts'
import { variablesOf } from '../../config/precedence.ts'
import { fieldSecret } from '../../config/schema-issue.ts'
import { reveal, type Value, type Variables } from '../../config/value.ts'
import { resolveVars } from '../../config/variables.ts'
import type { OwnRole } from '../../own-roles/load.ts'
import { type Schemas, schemasWith } from '../run/own-schemas.ts'

/** One of our variables with its effective value for a host. */
export interface HostVariable {
  name: string
  /** Undefined when it is neither set nor has a default. */
  value: unknown
  /** `file:line:column`, `-e`, `default of the role` or `not set`. */
  from: string
  secret: boolean
}

/**
 * What a host is in a cluster, and the variables that follow from that. `alone`: in no cluster; only the user's own roles are played on it.
 */
export interface HostPart {
  cluster: string
  as: 'node' | 'client' | 'alone'
  variables: HostVariable[]
}

/** All our variables for a host, once for each cluster that it belongs to: clients may be shared. Throws the errors in their values. */
export const hostVariables = (
  inventory: Inventory,
  host: string,
  extraVars: Variables,
  ownRoles: readonly OwnRole[] = [],
): { parts: HostPart[]; secrets: string[] } => {
  const given = variablesOf(inventory, host, { extraVars })
  const secrets: string[] = []
  const schemas = schemasWith(ownRoles)
  const around = { inventory, extraVars, secrets, schemas }
  const parts = clustersOf(inventory).flatMap((cluster): HostPart[] => {
    if (cluster.nodes.includes(host)) return [partOf(cluster, 'node', resolved(host, schemas.node, around), given, around)]
    if (!cluster.clients.includes(host)) return []
    return [partOf(cluster, 'client', clientVariables(cluster, host, around), given, around)]
  })
  if (parts.length > 0) return { parts, secrets }
  if (ownRoles.length > 0 && inventory.hosts.has(host))
    return { parts: [{ cluster: '', as: 'alone', variables: resolved(host, schemas.alone, around) }], secrets }
  throw new ConfigError(
    `${host} is neither a node nor a client of a cluster`,
    inventory.hosts.get(host)?.place,
    'a cluster is a group of two hosts that defines ha_vip; its clients are in the group `clients`',
  )
}

interface Surroundings {
  inventory: Inventory
  extraVars: Variables
  secrets: string[]
  schemas: Schemas
}

/** The variables that roles read, then those that only describe the host: its lab, the addresses of a client. */
const partOf = (
  { name: cluster }: ClusterHosts,
  as: HostPart['as'],
  read: HostVariable[],
  given: Variables,
  { inventory, secrets }: Surroundings,
): HostPart => {
  const others = [...given].filter(([name]) => isOurs(name, Vars) && !read.some(variable => variable.name === name))
  const described = others.map(([name, { value }]): HostVariable => {
    const revealed = reveal(value, inventory.vault)
    secrets.push(...revealed.secrets)
    return { name, value: revealed.value, from: placeName(value.place), secret: isSecret(name, value) }
  })
  return { cluster, as, variables: [...read, ...described] }
}

/**
 * A client has a few variables of its own; it reads the rest from its cluster, as in a play. Variables that name a property of a node are
 * left out.
 */
const clientVariables = ({ nodes: [node] }: ClusterHosts, host: string, around: Surroundings): HostVariable[] => {
  const { schemas } = around
  const own = resolved(host, schemas.client, around, Object.keys(schemas.node.shape))
  const shared = resolved(node, schemas.node, around).filter(({ name }) => !(name in schemas.client.shape) && !name.startsWith('node_'))
  return [...own, ...shared]
}

const resolved = (
  host: string,
  schema: z.ZodObject,
  { inventory, extraVars, secrets }: Surroundings,
  knownNames: string[] = [],
): HostVariable[] => {
  const { values, origins, secrets: found } = resolveVars(inventory, host, { schema, knownNames, extraVars })
  const { given } = withNewNames(variablesOf(inventory, host, { extraVars }), schema)
  secrets.push(...found)
  return Object.keys(schema.shape).map(name => {
    const value = (values as Record<string, unknown>)[name]
    const unset = value === undefined ? 'not set' : 'default of the role'
    const from = given.has(name) ? (origins[name] ?? '') : unset
    return { name, value, from, secret: isSecret(name, given.get(name)?.value, schema) }
  })
}

const isSecret = (name: string, value: Value | undefined, schema: z.ZodObject = Vars): boolean => {
  const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined
  return (field !== undefined && fieldSecret(field)) || (value !== undefined && isConcealed(value))
}

/** Whether a value, or a part of it, came from the vault. */
const isConcealed = (value: Value): boolean => {
  if (value.kind === 'list') return value.items.some(isConcealed)
  if (value.kind === 'map') return [...value.entries.values()].some(entry => isConcealed(entry.value))
  return value.kind === 'vault' || value.place.source.secret === true
}
