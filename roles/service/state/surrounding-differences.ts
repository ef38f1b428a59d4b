import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { type Problem, type ProblemCode, problem } from './problem-codes.ts'
import type { NamedState } from './state.ts'

/** Pure: problems around the service that may interrupt it, or cost its redundancy. */
export const surroundingDifferences = (states: NamedState[], vars: Vars): Problem[] => [
  ...states.flatMap(({ host, around, heartbeat, space }) => {
    const named = (code: ProblemCode, attribute: string, from: string, to: string, item?: string) =>
      problem(code, { attribute, from, to, host, ...(item !== undefined && { item }) })
    return [
      ...around.silentPings.map(ip => named('ping-node-silent', `ping node ${ip}`, 'does not answer', 'answers', ip)),
      ...(heartbeat && around.watch !== undefined ? [named('watch-dead', 'nfsha watch', around.watch, 'alive')] : []),
      ...around.claims.map(claim => named('disk-claimed', 'disk', claim, 'nothing but DRBD')),
      ...around.automatic.map(what => named('automatic-restart', 'automatic restart', what, 'off')),
      ...around.twins.map(twin => named('client-names', 'NFS clients with one name', twin, 'a host name of its own for each')),
      ...space
        .filter(d => d.short && d.used <= vars.ha_space_limit && d.inodes <= vars.ha_space_limit)
        .map(d => named('space-short', `space on ${d.mount}`, 'nearly none left', 'some', d.mount)),
    ]
  }),
  ...strangers(states, vars),
]

/** Machines other than the active node that answer for the virtual IP, identified by MAC address. */
const strangers = (states: NamedState[], vars: Vars): Problem[] => {
  const active = states.filter(s => s.vip)
  if (active.length !== 1) return []
  const own = active.map(s => s.around.mac)
  const others = [...new Set(states.flatMap(s => s.around.answers))].filter(mac => !own.includes(mac))
  return others.map(mac =>
    problem('vip-of-another-machine', {
      attribute: `virtual IP ${vipAddress(vars)}`,
      from: `another machine answers for it too (${mac})`,
      to: 'on exactly one',
    }),
  )
}
