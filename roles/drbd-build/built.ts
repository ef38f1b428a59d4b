import type { ClusterResource, HostResource, Member } from '../../lib/role-api/index.ts'
import { differsBy, inSync, refusedFor, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import type { Vars } from '../vars.ts'
import { kernelsToBuildFor } from './kernels.ts'
import { type Part, partsOf } from './parts.ts'
import { distribute, install, produce, type Surroundings } from './produce.ts'
import { buildOnHost } from './scripts.ts'
import { type BuildState, buildChanges, buildProbe, needed } from './state.ts'

const idOf = (vars: Vars): string => `DRBD from source in ${vars.drbd_build_prefix}`

/** A tree that the operator names belongs to one kernel. */
const kernelsOf = ({ vars, facts }: Context): string[] =>
  vars.drbd_build_kernel_tree === undefined ? kernelsToBuildFor(facts) : [facts.kernel]

const partsFor = (context: Context): Part[] => partsOf(context, kernelsOf(context))

/** Every node builds for itself, as in the reference setup. */
const builtHere = (context: Context): HostResource<BuildState> => ({
  scope: 'host',
  id: idOf(context.vars),
  invalidates: 'host',
  probe: buildProbe(partsFor(context)),
  compare: actual => (actual.kind === 'present' ? differsBy(buildChanges(actual.state)) : inSync),
  async apply(_$, changes, { connection, progress, signal }) {
    const around: Surroundings = { keyring: context.vars.drbd_build_keyring, progress, signal }
    const parts = partsFor(context).filter(p => changes.some(c => c.attribute === p.label))
    await produce(connection, parts, around)
    for (const part of parts) await install(connection, part, around)
  },
})

/** Pure: why the first node's build cannot be used on the others. */
export const exchangeProblems = (members: Member<BuildState>[]): string[] => {
  const [first, ...others] = statesOf(members)
  if (!first) return []
  const advice = 'set drbd_build_on: each, or bring both nodes to one system and kernel'
  return others.flatMap(other => {
    if (needed(other).length === 0) return []
    if (other.system !== first.system) return [`${other.host} runs a different system than ${first.host}, which builds for it: ${advice}`]
    const missing = needed(other).filter(part => !first.parts.some(p => p.part.label === part.label))
    return missing.map(part => `${other.host} needs a ${part.label}, and ${first.host} has no such kernel: ${advice}`)
  })
}

/** The first node builds and the result is copied to the others: one compile, and no compiler on the others. */
const builtOnce = (context: Context): ClusterResource<BuildState> => ({
  scope: 'cluster',
  id: idOf(context.vars),
  probe: buildProbe(partsFor(context)),
  compare(members) {
    const problems = exchangeProblems(members)
    if (problems.length > 0) return refusedFor(problems)
    return differsBy(statesOf(members).flatMap(state => buildChanges(state).map(change => ({ ...change, host: state.host }))))
  },
  async apply(nodes, _changes, members) {
    const around: Surroundings = { keyring: context.vars.drbd_build_keyring, progress: nodes.progress, signal: nodes.signal }
    const states = statesOf(members)
    const [first] = states
    if (!first) return
    const builder = nodes.on(first.host).connection
    const takers = (part: Part) => states.filter(s => needed(s).some(p => p.label === part.label)).map(s => nodes.on(s.host).connection)
    const parts = first.parts.map(p => p.part).filter(part => takers(part).length > 0)
    await produce(builder, parts, around)
    for (const part of parts) await distribute(builder, takers(part), part, around)
    for (const part of parts) for (const taker of takers(part)) await install(taker, part, around)
    for (const part of parts) await builder.run(`rm -f ${buildOnHost(part)}`)
  },
})

/** Whether this node compiles and therefore needs a compiler. */
export const compiles = ({ host, vars, cluster }: Context): boolean => vars.drbd_build_on === 'each' || host === cluster.nodes[0]?.name

/** Utilities and module, for the running kernel and for those that the next boot may start. */
export const built = (context: Context) => (context.vars.drbd_build_on === 'each' ? builtHere(context) : builtOnce(context))

/** The packages that a build needs, including the headers of every target kernel. */
export const buildPackages = ({ vars, facts, platform }: Context): string[] => [
  ...platform.packages.build,
  ...(vars.drbd_build_kernel_tree === undefined ? kernelsToBuildFor(facts).map(platform.kernelHeaders) : []),
]
