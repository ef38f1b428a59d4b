import type { Facts } from '../platform/facts.ts'
import type { Platform } from '../platform/platform.ts'
import type { Resource } from '../resources/resource.ts'

/** One machine of the inventory with its validated variables. */
export interface Node<V> {
  name: string
  vars: V
}

/** The two nodes of a pair, and the clients that the inventory names. */
export interface Cluster<V> {
  name: string
  nodes: Node<V>[]
  clients: Node<V>[]
}

/** The input of a role's pure functions. */
export interface RoleContext<V> {
  host: string
  vars: V
  facts: Facts
  cluster: Cluster<V>
  platform: Platform
}

/**
 * A role: variables and facts in, resources out. Both functions are pure, so the plan is known before anything runs. Handlers are resources
 * too: whether one is needed is read from the host (the daemon's running configuration against the files), never remembered, so the next
 * run makes up for a run that died between a change and its handler.
 */
export interface Role<V> {
  name: string
  /** One line for `--list-tasks` and the documentation. */
  summary: string
  steps(context: RoleContext<V>): Resource[]
  handlers?(context: RoleContext<V>): Resource[]
}
