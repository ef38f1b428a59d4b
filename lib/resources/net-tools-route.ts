import { absent, present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { hostRoutesTo, parseRouteTable } from './route-table.ts'
import { differsBy } from './verdict.ts'

/** A host route set with route(8) of net-tools, as in the article. Other routes to the address are removed first. */
export const netToolsRoute = ({ address, nic }: { address: string; nic: string }): HostResource<string[]> => ({
  scope: 'host',
  id: `route ${address}`,
  invalidates: 'host',
  probe: {
    sh: '/sbin/route -n',
    parse({ stdout }) {
      const ways = hostRoutesTo(address, parseRouteTable(stdout))
      return ways.length === 0 ? absent : present(ways)
    },
  },
  compare(actual) {
    const ways = actual.kind === 'present' ? actual.state : []
    const wrong = ways.filter(way => way !== nic).map(way => ({ attribute: 'wrong way', from: way, to: '' }))
    return differsBy(ways.includes(nic) ? wrong : [...wrong, { attribute: 'device', from: '', to: nic }])
  },
  async apply($, changes) {
    for (const { attribute, from } of changes) {
      const [other = ''] = from.split(' ')
      if (attribute === 'wrong way') await $`/sbin/route del -host ${address} dev ${other}`
      else await $`/sbin/route add -host ${address} dev ${nic}`
    }
  },
})
