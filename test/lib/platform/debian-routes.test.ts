import { expect, test } from 'vitest'
import { debianRoutes } from '../../../lib/platform/debian-routes.ts'
import { parseFacts } from '../../../lib/platform/facts.ts'
import type { Actual } from '../../../lib/resources/reading.ts'
import type { HostResource } from '../../../lib/resources/resource.ts'
import { issuedBy } from '../../roles/recorder.ts'

/** Facts of a machine whose NICs have different managers; the numbers are the kernel's indexes. */
const answer = (managed: string) => `@os
ID=debian
VERSION_ID="13"
@kernel
6.12.57 x86_64
@managed
${managed}
@link
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
2: em1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
3: em2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
12: em3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
@addr
3: em2    inet 172.16.0.210/24 brd 172.16.0.255 scope global em2`

const routes = [
  { address: '172.16.0.211', nic: 'em2' },
  { address: '172.16.100.211', nic: 'em3' },
]
const planned = (managed: string) => debianRoutes(routes, parseFacts(answer(managed))).map(r => r.id)

test.each<[string, string, string[]]>([
  ['ifupdown', '', ['file /etc/network/if-up.d/nfsha-routes']],
  ['NetworkManager', '3 managed=true\n12 managed=true', ['file /etc/NetworkManager/dispatcher.d/50-nfsha-routes']],
  [
    'NetworkManager, which leaves one NIC to ifupdown',
    '3 managed=true\n12 managed=false',
    ['file /etc/network/if-up.d/nfsha-routes', 'file /etc/NetworkManager/dispatcher.d/50-nfsha-routes'],
  ],
  [
    'systemd-networkd, a file for each NIC, one of them from netplan',
    '3 ADMIN_STATE=configured\n3 NETWORK_FILE=/run/systemd/network/10-netplan-em2.network\n12 ADMIN_STATE=configuring\n12 NETWORK_FILE=/etc/systemd/network/em3.network',
    [
      'file /etc/systemd/network/10-netplan-em2.network.d/nfsha-routes.conf',
      'systemd-networkd keeps 172.16.0.211 on em2',
      'file /etc/systemd/network/em3.network.d/nfsha-routes.conf',
      'systemd-networkd keeps 172.16.100.211 on em3',
    ],
  ],
  [
    'systemd-networkd is running, but ifupdown manages the NICs',
    '3 ADMIN_STATE=unmanaged\n12 ADMIN_STATE=unmanaged',
    ['file /etc/network/if-up.d/nfsha-routes'],
  ],
])('%s', (_name, managed, expected) => expect(planned(managed)).toEqual(expected))

test('each script has only the routes of its own NICs', async () => {
  const [script] = await issuedBy(debianRoutes(routes, parseFacts(answer('3 managed=true')))[0] as HostResource<unknown>, ['M1'], 'M1')
  expect(script?.input).toContain('em3)')
  expect(script?.input).not.toContain('em2)')
})

test('one .network file for two NICs is refused: each would have the routes of both', () => {
  const file = 'NETWORK_FILE=/etc/systemd/network/all.network'
  const [only, ...more] = debianRoutes(
    routes,
    parseFacts(answer(`3 ADMIN_STATE=configured\n3 ${file}\n12 ADMIN_STATE=configured\n12 ${file}`)),
  )
  expect(more).toEqual([])
  expect((only as HostResource<unknown>).compare({ kind: 'present', state: true }, () => undefined)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('em2 and em3 are configured from one file, /etc/systemd/network/all.network'),
  })
})

test('a route that networkd does not manage is a difference: it would be lost when the NIC goes down', () => {
  const [, keeps] = debianRoutes(
    routes.slice(0, 1),
    parseFacts(answer('3 ADMIN_STATE=configured\n3 NETWORK_FILE=/etc/systemd/network/em2.network')),
  ) as HostResource<string>[]
  const judged = (stdout: string) =>
    keeps?.compare(keeps.probe.parse({ code: 0, stdout, stderr: '', at: 0 }) as Actual<string>, () => undefined).kind
  expect(judged('172.16.0.211 dev em2 proto static scope link\n')).toBe('in-sync')
  expect(judged('')).toBe('differs')
})
