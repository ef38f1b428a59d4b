import type { ClusterNodes, ClusterResource, HostResource } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import { servedMarker } from './service-probe.ts'
import { serviceProblems } from './service-problems.ts'
import type { ServiceState } from './service-state.ts'
import { serviceProbe, statesOf } from './service-state.ts'

/**
 * The first start of heartbeat at a stage, on both nodes in order. A cluster that has served is never started, moved or promoted by a run: after an outage
 * that is the operator's, who looks first why the node went down.
 */
export const bringUp = (context: Context): ClusterResource<ServiceState> => {
  const { vars, platform } = context
  const unit = platform.services.heartbeat
  const { ha_stage: stage } = vars
  return {
    scope: 'cluster',
    id: 'first start of heartbeat',
    settle: 180_000,
    probe: serviceProbe(vars, platform, peerOf(context).vars.node_name),
    changes(members) {
      const states = statesOf(members)
      if (states.some(s => s.served === stage)) {
        const asleep = states.filter(s => s.served !== stage)
        return asleep.map(s => ({ attribute: `record of service on ${s.host}`, from: s.served || 'none', to: stage }))
      }
      const problems = serviceProblems(states, stage)
      if (problems.length > 0 && states.some(s => s.heartbeat))
        return [{ attribute: 'service', from: problems.join('; '), to: 'runs on one node' }]
      return states.map(s => ({
        attribute: `heartbeat on ${s.host}`,
        from: s.heartbeat ? 'runs, never recorded' : 'never started',
        to: 'started',
      }))
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      if (!states.some(s => s.served === stage)) {
        for (const state of states.filter(s => !s.heartbeat)) {
          nodes.progress({ text: `start heartbeat on ${state.host}` })
          await nodes.on(state.host).$`${platform.commands.start(unit)}`
        }
        await untilServed(nodes)
      }
      for (const host of nodes.hosts) await nodes.on(host).$`mkdir -p -m 700 /var/lib/nfsha-play; printf '%s\n' ${stage} > ${servedMarker}`
    },
  }
}

/** One exec a node that ends when heartbeat has settled, or after two minutes; the reading afterwards judges. */
const untilServed = async (nodes: ClusterNodes): Promise<void> => {
  nodes.progress({ text: 'wait until heartbeat has settled' })
  const script = `n=0; until cl_status rscstatus 2>/dev/null | grep -qE '^(all|local|foreign|none)$'; do n=$((n+1)); [ $n -lt 240 ] || exit 1; sleep 0.5; done`
  await Promise.all(nodes.hosts.map(host => nodes.on(host).connection.run(script, { timeout: 180_000 })))
}

/** A cluster that has served NFS is not taken back to the address alone by a variable: its clients would lose the share. Judges only. */
export const noWayBack = ({ vars }: Context): HostResource<string> => ({
  scope: 'host',
  id: 'stage of the cluster',
  assertion: true,
  alters: 'itself',
  probe: { sh: `cat ${servedMarker} 2>/dev/null`, parse: ({ stdout }) => present(stdout.trim()) },
  changes(actual) {
    const back = actual.kind === 'present' && actual.state === 'full' && vars.ha_stage === 'vip'
    return back
      ? `this cluster serves NFS, and ha_stage: vip would end that; to mean it, stop heartbeat on both nodes and remove ${servedMarker}`
      : []
  },
  apply: async () => undefined,
})
