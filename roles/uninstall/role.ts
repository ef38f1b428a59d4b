import type { ClusterAssertion, Procedure } from '../../lib/role-api/index.ts'
import { clusterAssertion, differsBy, inSync, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { contextAt, vipAddress } from '../role.ts'
import { holds } from '../service/hand-over.ts'
import { dataOnDisks } from './data.ts'
import { missingProblem } from './missing.ts'
import { isInstalled, planUninstall, wipesOf } from './plan.ts'
import { type Installed, installedProbe } from './state.ts'

/** Check mode shows the plan without the confirmation. */
const confirmed = (site: Role[], context: Context): ClusterAssertion<Installed> => {
  const { vars, cluster } = context
  const vip = vipAddress(vars)
  return clusterAssertion('confirmation', {
    allowMissing: true,
    gate: `removes the pair: a run needs -e uninstall_confirm=${vip}`,
    probe: installedProbe(site, context),
    compare: members =>
      vars.uninstall_confirm === vip || !statesOf(members).some(s => isInstalled(s, site, contextAt(context, s.host)))
        ? inSync
        : differsBy([{ attribute: `cluster ${cluster.name}`, from: 'a pair', to: 'two machines' }]),
  })
}

/** NFSv4 clients that nfsd knows, and other hosts with a connection to it. */
const mountedClients = (site: Role[], context: Context): ClusterAssertion<Installed> =>
  clusterAssertion('clients that have the share mounted', {
    allowMissing: true,
    gate: 'makes the share unavailable to them: unmount it there, or a run needs -e accept_client_break=yes',
    probe: installedProbe(site, context),
    compare: members =>
      context.vars.accept_client_break
        ? inSync
        : differsBy(
            [...new Set(statesOf(members).flatMap(s => (holds(s) ? [...s.around.clients, ...s.connected] : [])))].map(address => ({
              attribute: `client ${address}`,
              from: 'has it mounted, as far as nfsd knows',
              to: 'waits for a server that does not come back',
            })),
          ),
  })

const removed = (site: Role[], context: Context): Procedure<Installed, ReturnType<typeof wipesOf>> => ({
  scope: 'cluster',
  id: 'nfsha-play removed from the nodes',
  allowMissing: true,
  probe: installedProbe(site, context),
  aim: members => wipesOf(statesOf(members), context),
  plan(members, aim) {
    const problem = missingProblem(members, context)
    return problem === undefined ? planUninstall(statesOf(members), aim, site, context) : refused(problem)
  },
})

/** What to undo is determined from the backup records on the nodes, and from the resources of the roles that wrote the files. */
export const uninstall = (site: Role[]): Role => ({
  name: 'uninstall',
  summary: 'removes the files and settings of the other roles from both nodes; keeps the data',
  steps: context => [confirmed(site, context), mountedClients(site, context), removed(site, context), dataOnDisks(context)],
})
