import { describeDevice } from '../../lib/resources/proc-drbd.ts'
import type { Change, ClusterResource } from '../../lib/resources/resource.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'
import { discard } from '../service/drbd/discard.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe, statesOf } from '../service/state/state.ts'

/** Pure: what mending a split brain would do, or why hands are kept off. Whose data goes is the operator's word alone. */
export const recovery = (states: NamedState[], victim: string | undefined): Change[] | string => {
  const alone = states.filter(s => s.device?.connection === 'StandAlone')
  if (alone.length === 0) return []
  const all = states.map(s => `${s.host}: ${s.device ? describeDevice(s.device) : 'no device'}${s.vip ? ', serves' : ''}`).join('; ')
  const loser = states.find(s => s.host === victim)
  if (!loser) return `whose changes are thrown away? Name that node: -e drbd_victim=<node> (${all})`
  const survivor = states.find(s => s !== loser)
  if (!survivor?.device || !loser.device) return `DRBD has no device on one of the nodes (${all})`
  if (loser.vip || loser.mounted)
    return `${victim} serves: its clients would lose what they see. Stop heartbeat there first, or name the other node (${all})`
  if (survivor.device.disk !== 'UpToDate') return `${survivor.host} is ${survivor.device.disk}: it has no good data to keep (${all})`
  return [{ attribute: `what was written on ${victim} since the split`, from: 'kept', to: `thrown away; ${survivor.host} is copied` }]
}

const healed = (context: Context): ClusterResource<ServiceState> => {
  const { drbd_victim: victim } = context.vars
  return {
    scope: 'cluster',
    id: 'one history of the data',
    settle: 30_000,
    probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
    changes(members) {
      const states = statesOf(members)
      const changes = recovery(states, victim)
      if (changes.length > 0) return changes
      // The nodes shake hands for a moment, and may find once more that they do not agree.
      const apart = states.find(s => !/^(Connected|Sync|PausedSync)/.test(s.device?.connection ?? ''))
      if (!victim || !apart) return []
      return [{ attribute: `DRBD on ${apart.host}`, from: apart.device?.connection ?? 'no device', to: 'connected' }]
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      const survivor = states.find(s => s.host !== victim)
      if (!victim || !survivor || !states.some(s => s.device?.connection === 'StandAlone')) return
      await discard(nodes, context.vars, victim, survivor.host)
    },
  }
}

export const splitBrain: Role = {
  name: 'split-brain',
  summary: 'joins two histories of the data, by the word of the operator',
  steps: context => [healed(context)],
}
