import type { Change } from '../../../lib/resources/resource.ts'
import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { withNextStep } from './next-step.ts'
import type { NamedState } from './state.ts'

/** Pure: what stands around the service and will end it, or its redundancy, if nobody looks. */
export const surroundingDifferences = (states: NamedState[], vars: Vars): Change[] => [
  ...states.flatMap(({ host, around, heartbeat, space }) => {
    const named = (attribute: string, from: string, to: string) => withNextStep({ attribute, from, to, host })
    return [
      ...around.silentPings.map(ip => named(`ping node ${ip}`, 'does not answer', 'answers')),
      ...(heartbeat && around.watch !== undefined ? [named('nfsha watch', around.watch, 'alive')] : []),
      ...around.claims.map(claim => named('disk', claim, 'nothing but DRBD')),
      ...around.automatic.map(what => named('automatic restart', what, 'off')),
      ...around.twins.map(twin => named('NFS clients with one name', twin, 'a host name of its own for each')),
      ...space
        .filter(d => d.short && d.used <= vars.ha_space_limit && d.inodes <= vars.ha_space_limit)
        .map(d => named(`space on ${d.mount}`, 'nearly none left', 'some')),
    ]
  }),
  ...strangers(states, vars),
]

/** Whoever answers for the virtual IP and is not the node that has it. Which machine that is, its MAC address tells. */
const strangers = (states: NamedState[], vars: Vars): Change[] => {
  const active = states.filter(s => s.vip)
  if (active.length !== 1) return []
  const own = active.map(s => s.around.mac)
  const others = [...new Set(states.flatMap(s => s.around.answers))].filter(mac => !own.includes(mac))
  return others.map(mac =>
    withNextStep({
      attribute: `virtual IP ${vipAddress(vars)}`,
      from: `another machine answers for it too (${mac})`,
      to: 'on exactly one',
    }),
  )
}
