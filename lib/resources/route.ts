import { hostAssertion } from './assertion.ts'
import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { absent, notRead, present } from './reading.ts'
import type { HostAssertion, HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { simple } from './source.ts'
import { differsBy, inSync } from './verdict.ts'

/** The kernel's main table, by ip-route(8). */
const mainTable = simple('ip -4 route show')

/** Pure: the entries of `ip route show` for exactly this address, of any type, each with the lines of its nexthops. */
export const routesTo = (address: string, table: string): string =>
  table
    .split(/\n(?!\s)/)
    .filter(entry => new RegExp(`^(?:[a-z]+ )?${address.replaceAll('.', '\\.')}(?:/32)?(?:\\s|$)`).test(entry))
    .join('\n')

/** A host route in the kernel's main table: this address over this NIC, regardless of other routes. */
export const hostRoute = (address: string, nic: string): HostResource<string> => ({
  scope: 'host',
  id: `route ${address}`,
  invalidates: 'host',
  undo: [
    {
      what: `route to ${address}`,
      from: `over ${nic}`,
      to: 'removed',
      isDue: `ip -4 route show exact ${address}/32 | grep -q ' dev ${nic} '`,
      sh: `ip -4 route del ${address}/32 dev ${nic}`,
    },
  ],
  probe: probeOf([mainTable], ({ code, stdout }) => {
    if (code !== 0) return notRead('ip route show failed')
    const routes = routesTo(address, stdout)
    const nics = [...routes.matchAll(/^\S+ dev (\S+)/gm)].map(m => m[1])
    const via = /\bvia (\S+)/.exec(routes)?.[1]
    return routes === '' ? absent : present([...nics, ...(via ? [`via ${via}`] : [])].join(' '))
  }),
  compare(actual) {
    const from = actual.kind === 'present' ? actual.state : ''
    return from === nic ? inSync : differsBy([{ attribute: 'device', from, to: nic }])
  },
  apply: scripted(() => ({ what: `the route to ${address}`, sh: `ip -4 route replace ${quote(`${address}/32`)} dev ${quote(nic)}` })),
})

/** Asserts that the kernel routes packets to this address over the right NIC without a gateway (one hop). */
export const oneHop = (address: string, nic: string): HostAssertion<string> =>
  hostAssertion(`one hop to ${address}`, {
    probe: probeOf([simple(`ip -4 route get ${address}`)], ({ stdout }) =>
      present(/^\S+ (via \S+ )?dev \S+/.exec(stdout)?.[0].replace(/^\S+ /, '') ?? ''),
    ),
    compare(actual) {
      const from = actual.kind === 'present' ? actual.state : ''
      return from === `dev ${nic}` ? inSync : differsBy([{ attribute: `way to ${address}`, from, to: `dev ${nic}` }])
    },
  })
