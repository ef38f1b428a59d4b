import type { Plan, Procedure, Verdict } from '../../lib/role-api/index.ts'
import { describeDevice, differsBy, inSync, planOf, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { discard } from '../service/drbd/discard.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'
import { keepName, keepStep } from './keep.ts'
import { written } from './written.ts'

/** Pure: what the recovery from a split brain would do, or why it is refused. Only the operator decides whose data is discarded. */
export const recovery = (states: NamedState[], victim: string | undefined): Verdict => {
  const alone = states.filter(s => s.device?.connection === 'StandAlone')
  if (alone.length === 0) return inSync
  const all = states.map(s => `${s.host}: ${s.device ? describeDevice(s.device) : 'no device'}${s.vip ? ', serves' : ''}`).join('; ')
  const loser = states.find(s => s.host === victim)
  if (!loser) return refused(`whose changes are to be discarded? Name that node: -e drbd_victim=<node> (${all})`)
  const survivor = states.find(s => s !== loser)
  if (!survivor?.device || !loser.device) return refused(`DRBD has no device on one of the nodes (${all})`)
  if (loser.vip || loser.mounted)
    return refused(`${victim} serves: its clients would lose what they see. Stop heartbeat there first, or name the other node (${all})`)
  if (survivor.device.disk !== 'UpToDate')
    return refused(`${survivor.host} is ${survivor.device.disk}: it has no good data to keep (${all})`)
  return differsBy([
    { attribute: `what was written on ${victim} since the split`, from: 'kept', to: `discarded; ${survivor.host} is copied` },
  ])
}

const isBelow = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`)

/** Pure: save the victim's data if requested, discard it, then wait until the nodes replicate. */
export const planRecovery = (states: NamedState[], done: readonly string[], { vars }: Pick<Context, 'vars'>): Plan => {
  const { drbd_victim: victim, drbd_victim_keep: keep, nfs_export_path: path } = vars
  if (keep !== undefined && isBelow(keep, path)) return refused(`drbd_victim_keep: ${keep} is below ${path}, where the share is mounted`)
  const verdict = recovery(states, victim)
  const survivor = states.find(s => s.host !== victim)
  if (verdict.kind === 'differs' && victim && survivor)
    return planOf([
      keep !== undefined && !done.includes(keepName(victim)) && keepStep(victim, keep, vars),
      { name: `discard the data of ${victim}`, changes: verdict.changes, run: nodes => discard(nodes, vars, victim, survivor.host) },
    ])
  if (verdict.kind !== 'in-sync' && verdict.kind !== 'differs') return verdict
  // The handshake takes a moment, and may detect a split brain again.
  const apart = states.find(s => !/^(Connected|Sync|PausedSync)/.test(s.device?.connection ?? ''))
  if (!victim || !apart) return planOf([])
  const from = apart.device?.connection ?? 'no device'
  return planOf([
    {
      name: 'wait for the nodes to connect',
      changes: [{ attribute: `DRBD on ${apart.host}`, from, to: 'connected' }],
      run: async () => undefined,
    },
  ])
}

const resolveSplitBrain = (context: Context): Procedure<ServiceState, undefined> => ({
  scope: 'cluster',
  id: 'split brain resolved',
  settle: 30_000,
  probe: serviceProbe(context),
  aim: () => undefined,
  plan: (members, _aim, done) => planRecovery(statesOf(members), done, context),
})

export const splitBrain: Role = {
  name: 'split-brain',
  summary: 'resolves a split brain: shows what each node wrote, keeps and discards the data of the node that the operator names',
  steps: context => [written(context), resolveSplitBrain(context)],
}
