import type { Vars } from '../vars.ts'

/** A host with its valid values; values that the schema refused are missing. */
export interface Declared {
  host: string
  vars: Partial<Vars>
}

/** One cluster as declared, before any connection. */
export interface DeclaredCluster {
  nodes: Declared[]
  clients: Declared[]
}

/** Values that are valid individually but cannot work together, or not with this tool. */
export interface Conflict {
  /** The host whose value is shown. */
  host: string
  /** The variables concerned. The error points to the first one that is set somewhere. */
  names: (keyof Vars)[]
  message: string
  hint?: string
}

/** Pure. Checks a whole cluster at once, so that a value shared by both nodes is reported once. */
export type CrossCheck = (cluster: DeclaredCluster) => Conflict[]

/** A value of the whole cluster, taken from the first node that has one. `sameOnBoth` reports when the nodes differ. */
export const shared = <N extends keyof Vars>(
  { nodes }: DeclaredCluster,
  name: N,
): { host: string; value: NonNullable<Vars[N]> } | undefined => {
  const node = nodes.find(({ vars }) => vars[name] !== undefined)
  return node && { host: node.host, value: node.vars[name] as NonNullable<Vars[N]> }
}
