import type { ClusterNodes, ClusterResource, HostAssertion } from '../../lib/role-api/index.ts'
import {
  ApplyFailed,
  differsBy,
  hostAssertion,
  inSync,
  notRead,
  present,
  probeOf,
  refused,
  statesOf,
  text,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { vipAddress } from '../role.ts'
import { hasAddress, settled, untilTrue } from '../service/conditions.ts'
import { servedMarker } from '../service/paths.ts'
import { serviceProblems } from '../service/state/problems.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/**
 * The first start of heartbeat at a stage, on one node after the other. A run never starts, moves or promotes a cluster that has been in
 * service: after an outage that is up to the operator, who first finds out why the node went down.
 */
export const bringUp = (context: Context): ClusterResource<ServiceState> => {
  const { vars, platform } = context
  const unit = platform.services.heartbeat
  const { ha_stage: stage } = vars
  return {
    scope: 'cluster',
    id: 'first start of heartbeat',
    settle: 180_000,
    probe: serviceProbe(context),
    compare(members) {
      const states = statesOf(members)
      if (states.some(s => s.served === stage)) {
        const unrecorded = states.filter(s => s.served !== stage)
        return differsBy(unrecorded.map(s => ({ attribute: `record of service on ${s.host}`, from: s.served || 'none', to: stage })))
      }
      const problems = serviceProblems(states, stage)
      if (problems.length > 0 && states.some(s => s.heartbeat))
        return differsBy([{ attribute: 'service', from: problems.join('; '), to: 'runs on one node' }])
      return differsBy(
        states.map(s => ({
          attribute: `heartbeat on ${s.host}`,
          from: s.heartbeat ? 'runs, never recorded' : 'never started',
          to: 'started',
        })),
      )
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      if (!states.some(s => s.served === stage)) {
        for (const state of states.filter(s => !s.heartbeat)) {
          nodes.progress({ text: `start heartbeat on ${state.host}` })
          await nodes.on(state.host).$`${platform.commands.start(unit)}`
        }
        await untilServed(nodes, context)
      }
      for (const host of nodes.hosts) await nodes.on(host).$`mkdir -p -m 700 /var/lib/nfsha-play; printf '%s\n' ${stage} > ${servedMarker}`
    },
  }
}

/**
 * Waits up to 120 s until heartbeat has settled on both nodes and the virtual IP is up. Throws `ApplyFailed` before anything is recorded:
 * the next run must retry a failed first start.
 */
const untilServed = async (nodes: ClusterNodes, { vars, platform }: Context): Promise<void> => {
  nodes.progress({ text: 'wait until one node serves' })
  const vip = vipAddress(vars)
  const here = hasAddress(vip)
  const serves = `{ ${settled} && { ${here} || ping -n -q -c 1 -W 1 ${vip} >/dev/null 2>&1; }; }`
  const script = `${untilTrue(serves, 120)}; if ${here}; then echo holds; fi`
  const seen = await Promise.all(
    nodes.hosts.map(async host => ({ host, ...(await nodes.on(host).connection.run(script, { timeout: 300_000 })) })),
  )
  const unsettled = seen.filter(s => s.code !== 0).map(s => s.host)
  const holders = seen.filter(s => s.stdout.includes('holds'))
  if (unsettled.length === 0 && holders.length === 1) return
  const why =
    unsettled.length > 0 ? `heartbeat does not settle on ${unsettled.join(' and ')}` : `${holders.length} nodes have the virtual IP`
  throw new ApplyFailed(`${why} after its first start`, {
    hint: `look at the log of heartbeat (${platform.commands.log(platform.services.heartbeat)}), repair that and run again`,
  })
}

/** A variable must not reduce a cluster that has served NFS to the address alone: its clients would lose the share. Check only. */
export const noWayBack = ({ vars }: Context): HostAssertion<string> =>
  hostAssertion('stage of the cluster', {
    probe: probeOf([text(servedMarker)], ({ stdout }) =>
      ['', 'vip', 'full'].includes(stdout.trim()) ? present(stdout.trim()) : notRead(`${servedMarker} contains an unknown stage`),
    ),
    compare(actual) {
      const back = actual.kind === 'present' && actual.state === 'full' && vars.ha_stage === 'vip'
      return back
        ? refused(
            `this cluster serves NFS, and ha_stage: vip would end that; if that is what you want, stop heartbeat on both nodes and remove ${servedMarker}`,
          )
        : inSync
    },
  })
