import type { Plan, Procedure, Resource } from '../../lib/role-api/index.ts'
import { planOf, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { serves } from '../service/checks/serves.ts'
import { followSync } from '../service/drbd/follow.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import { startHeartbeatStep } from '../service/start-heartbeat.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

const describe = ({ device }: NamedState): string => (device ? `${device.connection} ${device.disk}` : 'down')

/** Pure: the node first becomes a full copy, and only then joins, so that it can take over. The service stays where it is. */
export const planRejoin = (states: NamedState[], node: string, { vars, platform }: Pick<Context, 'vars' | 'platform'>): Plan => {
  const [here, other] = [states.find(s => s.host === node), states.find(s => s.host !== node)]
  if (!here || !other) return refused(`${node}: the cluster has the nodes ${states.map(s => s.host).join(' and ')}`)
  if (!here.vip && !other.vip) return refused('no node serves any more: run nfsha-play status.yml first')
  const alone = states.find(s => s.device?.connection === 'StandAlone')
  if (alone) return refused(`DRBD is StandAlone on ${alone.host}: split-brain.yml`)
  const isCopied = vars.ha_stage === 'vip' || states.every(s => s.device?.disk === 'UpToDate' && s.device.connection === 'Connected')
  return planOf([
    !isCopied && {
      name: `copy the data of ${other.host} to ${node}`,
      settle: 60_000,
      changes: [{ attribute: `DRBD on ${node}`, from: describe(here), to: 'Connected UpToDate' }],
      async run(nodes) {
        for (const { host } of states.filter(s => !s.device))
          await nodes.on(host).$`${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}`
        await followSync(nodes, other.host, vars.drbd_device, 30)
      },
    },
    !here.heartbeat && startHeartbeatStep([node], { platform }),
    !(here.heartbeat && here.stable && here.links.some(l => l.endsWith(' up'))) && {
      name: `wait until ${node} is on standby`,
      settle: 120_000,
      changes: [{ attribute: `${node} as standby`, from: here.heartbeat ? 'joining' : 'no', to: 'yes' }],
      run: async () => undefined,
    },
  ])
}

const rejoined = (context: Context, node: string): Procedure<ServiceState, string> => ({
  scope: 'cluster',
  id: `${node} on standby`,
  probe: serviceProbe(context),
  aim: () => node,
  plan: members => planRejoin(statesOf(members), node, context),
})

const steps = (context: Context): Resource[] => {
  const node = context.vars.ha_replace ?? context.vars.ha_move_disk
  return node === undefined ? [] : [rejoined(context, node), serves(context)]
}

export const rejoin: Role = {
  name: 'rejoin',
  summary: 'makes a node that is new, or has a new disk, a full copy and starts heartbeat on it; proves that the pair is redundant again',
  steps,
}
