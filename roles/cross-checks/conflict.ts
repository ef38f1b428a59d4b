import type { Vars } from '../vars.ts'

/** A host with those of its values that are right by themselves; what the schema refused is missing. */
export interface Declared {
  host: string
  vars: Partial<Vars>
}

/** One cluster as it is declared, before anything is connected. */
export interface DeclaredCluster {
  nodes: Declared[]
  clients: Declared[]
}

/** Values that are right by themselves and cannot work together, or not in this tool. */
export interface Conflict {
  /** The host whose value is shown. */
  host: string
  /** The variables that it is about; the first one that is given somewhere is where the error points. */
  names: (keyof Vars)[]
  message: string
  hint?: string
}

/** Pure. Looks at a whole cluster, so that a value that both nodes share is reported once. */
export type CrossCheck = (cluster: DeclaredCluster) => Conflict[]

/** A value of the whole cluster: what the first node has it as. `differences` reports when the second has another. */
export const shared = <N extends keyof Vars>(
  { nodes }: DeclaredCluster,
  name: N,
): { host: string; value: NonNullable<Vars[N]> } | undefined => {
  const node = nodes.find(({ vars }) => vars[name] !== undefined)
  return node && { host: node.host, value: node.vars[name] as NonNullable<Vars[N]> }
}
