import { expect, test } from 'vitest'
import { labFault, labReady } from '../../lib/lab/index.ts'
import { on, until } from '../lab/run.ts'
import { convergedLab, other } from './converged.ts'

/** Replaces the network manager of a node; with each one, the routes to the peer survive a reboot and a link that was down. */
const { lab, good, holder, whole } = convergedLab('network')

const number = { M1: 210, M2: 211 }
type Node = keyof typeof number

/** The NIC through which the lab is reached is not part of the article: the emulator sets its address and gateway. */
const addresses = (node: Node) => ({
  em0: '10.0.2.15',
  em1: `192.168.0.${number[node]}`,
  em2: `172.16.0.${number[node]}`,
  em3: `172.16.100.${number[node]}`,
})
const nics = (node: Node) => Object.entries(addresses(node))
const gateway = (nic: string, line: string) => (nic === 'em0' ? line : '')
const put = (path: string, text: string, mode = '600') =>
  `mkdir -p "$(dirname ${path})"; printf '%s' '${text}' > ${path}; chmod ${mode} ${path}`

const withNetworkd = (node: Node) =>
  [
    'rm -rf /etc/systemd/network/*.network.d',
    ...nics(node).map(([nic, address]) =>
      put(
        `/etc/systemd/network/${nic}.network`,
        `[Match]\nName=${nic}\n[Network]\nAddress=${address}/24\n${gateway(nic, 'Gateway=10.0.2.2\n')}`,
        '644',
      ),
    ),
    'systemctl disable -q networking; systemctl enable -q systemd-networkd',
  ].join('\n')

const withNetplan = (node: Node) =>
  [
    'apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends netplan.io',
    'rm -f /etc/systemd/network/*.network; rm -rf /etc/systemd/network/*.network.d',
    put(
      '/etc/netplan/50-lab.yaml',
      `network:\n  version: 2\n  renderer: networkd\n  ethernets:\n${nics(node)
        .map(
          ([nic, address]) =>
            `    ${nic}:\n      addresses: [${address}/24]\n${gateway(nic, '      routes: [{to: default, via: 10.0.2.2}]\n')}`,
        )
        .join('')}`,
    ),
    'netplan generate; systemctl disable -q networking; systemctl enable -q systemd-networkd',
  ].join('\n')

const withNetworkManager = (node: Node) =>
  [
    'apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends network-manager',
    'rm -f /etc/netplan/*.yaml; rm -rf /etc/systemd/network/*.network /etc/systemd/network/*.network.d',
    'systemctl disable -q systemd-networkd.service systemd-networkd.socket networking; systemctl enable -q NetworkManager',
    "printf 'auto lo\\niface lo inet loopback\\n' > /etc/network/interfaces",
    ...nics(node).map(([nic, address]) =>
      put(
        `/etc/NetworkManager/system-connections/${nic}.nmconnection`,
        `[connection]\nid=${nic}\ntype=ethernet\ninterface-name=${nic}\n[ipv4]\nmethod=manual\naddress1=${address}/24${gateway(nic, ',10.0.2.2')}\n[ipv6]\nmethod=disabled\n`,
      ),
    ),
  ].join('\n')

const routesOf = (node: Node) => {
  const peer = addresses(node === 'M1' ? 'M2' : 'M1')
  return on(lab, node, `ip -4 route show exact ${peer.em2}/32 dev em2; ip -4 route show exact ${peer.em3}/32 dev em3`)
}
const areThere = async (node: Node) => (await routesOf(node)).split('\n').length === 2
const restarted = async (node: Node) => {
  await on(lab, node, 'sync')
  await labFault(lab, node, 'reset')
  await labReady(lab, node, 300_000)
}

test.each([
  ['systemd-networkd', withNetworkd],
  ['netplan', withNetplan],
  ['NetworkManager', withNetworkManager],
])('%s', async (_name, convert) => {
  const node = other(await holder())
  await on(lab, node, `set -e\nrm -f /etc/network/if-up.d/nfsha-routes\n${convert(node)}`, 300_000)
  await restarted(node)
  expect(await routesOf(node), 'nothing else makes the routes').toBe('')
  const made = await good('routes')
  expect(made.recap[node]?.changed, made.story).toBeGreaterThan(0)
  const again = await good('routes')
  expect(again.recap[node]?.changed, again.story).toBe(0)
  await labFault(lab, node, 'link-down', 'em2')
  await until('em2 has lost its carrier', async () => (await on(lab, node, 'cat /sys/class/net/em2/carrier')) === '0', 30_000)
  await labFault(lab, node, 'link-up', 'em2')
  await until('the routes are there again', () => areThere(node), 60_000)
  await restarted(node)
  await until('the routes are there after the boot', () => areThere(node), 60_000)
  const booted = await good('routes')
  expect(booted.recap[node]?.changed, booted.story).toBe(0)
  await good('start.yml')
  await whole()
})
