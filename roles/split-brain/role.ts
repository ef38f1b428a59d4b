import { statesOf } from '../../lib/resources/members.ts'
import { describeDevice } from '../../lib/resources/proc-drbd.ts'
import type { ClusterResource, Verdict } from '../../lib/resources/resource.ts'
import { differsBy, inSync, refused } from '../../lib/resources/verdict.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'
import { discard } from '../service/drbd/discard.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** Pure: what mending a split brain would do, or why hands are kept off. Whose data goes is the operator's word alone. */
export const recovery = (states: NamedState[], victim: string | undefined): Verdict => {
  const alone = states.filter(s => s.device?.connection === 'StandAlone')
  if (alone.length === 0) return inSync
  const all = states.map(s => `${s.host}: ${s.device ? describeDevice(s.device) : 'no device'}${s.vip ? ', serves' : ''}`).join('; ')
  const loser = states.find(s => s.host === victim)
  if (!loser) return refused(`whose changes are thrown away? Name that node: -e drbd_victim=<node> (${all})`)
  const survivor = states.find(s => s !== loser)
  if (!survivor?.device || !loser.device) return refused(`DRBD has no device on one of the nodes (${all})`)
  if (loser.vip || loser.mounted)
    return refused(`${victim} serves: its clients would lose what they see. Stop heartbeat there first, or name the other node (${all})`)
  if (survivor.device.disk !== 'UpToDate')
    return refused(`${survivor.host} is ${survivor.device.disk}: it has no good data to keep (${all})`)
  return differsBy([
    { attribute: `what was written on ${victim} since the split`, from: 'kept', to: `thrown away; ${survivor.host} is copied` },
  ])
}

const healed = (context: Context): ClusterResource<ServiceState> => {
  const { drbd_victim: victim } = context.vars
  return {
    scope: 'cluster',
    id: 'one history of the data',
    settle: 30_000,
    probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
    compare(members) {
      const states = statesOf(members)
      const verdict = recovery(states, victim)
      if (verdict.kind !== 'in-sync') return verdict
      // The nodes shake hands for a moment, and may find once more that they do not agree.
      const apart = states.find(s => !/^(Connected|Sync|PausedSync)/.test(s.device?.connection ?? ''))
      if (!victim || !apart) return inSync
      return differsBy([{ attribute: `DRBD on ${apart.host}`, from: apart.device?.connection ?? 'no device', to: 'connected' }])
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
