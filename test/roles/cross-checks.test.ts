import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { planOf } from '../../lib/cli/run/plan.ts'
import { parseExtraVars } from '../../lib/config/extra-vars.ts'
import { loadInventory } from '../../lib/config/inventory.ts'
import { loadPlaybook } from '../../lib/config/playbook.ts'
import { failure, inventoryOf } from '../lib/config/workspace.ts'

const cwd = join(import.meta.dirname, '../..')
const site = loadPlaybook('playbooks/site.yml', { cwd }).plays

type Values = Record<string, unknown>
interface Given {
  M1?: Values
  M2?: Values
  nfs?: Values
  C1?: Values
}

/** A valid pair with some values changed; one value per line, so that error positions are distinct. */
const inventory = (given: Given): string => {
  const lines = (values: Values, indent: string) =>
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${indent}${name}: ${JSON.stringify(value)}\n`)
      .join('')
  const node = (n: number): Values => ({
    node_name: `M${n}.example.org`,
    node_service_ip: `192.168.0.21${n}`,
    node_heartbeat_ip: `172.16.0.21${n}`,
    node_drbd_ip: `172.16.100.21${n}`,
  })
  const pair = {
    ha_vip: '192.168.0.219/24',
    heartbeat_ping: '192.168.0.1',
    heartbeat_secret: 'twelve-characters',
    drbd_secret: 'twelve-characters',
    drbd_disk: '/dev/vdb',
    nfs_export_network: '192.168.0.0/24',
  }
  const host = (name: string, values: Values) => `    ${name}:\n${lines(values, '      ')}`
  return `nfs:\n  hosts:\n${host('M1', { ...node(1), ...given.M1 })}${host('M2', { ...node(2), ...given.M2 })}  vars:\n${lines({ ...pair, ...given.nfs }, '    ')}clients:\n  hosts:\n${host('C1', { ...given.C1 })}`
}

const plan = (given: Given, ...extra: string[]) => {
  const read = inventoryOf({ 'hosts.yml': inventory(given) })
  return planOf(site, read, {}, parseExtraVars(extra, read.vault))
}
const problems = (given: Given, ...extra: string[]) => failure(() => plan(given, ...extra))
const nfs = (values: Values): Given => ({ nfs: values })

describe('values that cannot work are refused before any connection', () => {
  it.each<[Given, string]>([
    // addresses
    [nfs({ ha_vip: '192.168.0.211/24' }), 'ha_vip is 192.168.0.211, which is node_service_ip of M1'],
    [nfs({ ha_vip: '172.16.100.212/24' }), 'ha_vip is 172.16.100.212, which is node_drbd_ip of M2'],
    [nfs({ heartbeat_ping: '192.168.0.219' }), 'heartbeat_ping is 192.168.0.219, which is ha_vip'],
    [nfs({ heartbeat_ping: '192.168.0.212' }), 'heartbeat_ping is 192.168.0.212, which is node_service_ip of M2'],
    [nfs({ heartbeat_ping: '172.16.0.211' }), 'heartbeat_ping is 172.16.0.211, which is node_heartbeat_ip of M1'],
    [nfs({ heartbeat_ping: '10.0.0.1' }), 'heartbeat_ping: 10.0.0.1 is outside the service network 192.168.0.0/24'],
    [nfs({ heartbeat_ping: '192.168.0.255' }), 'heartbeat_ping: 192.168.0.255 is the broadcast address in 192.168.0.0/24'],
    [nfs({ heartbeat_ping: '127.0.0.1' }), 'heartbeat_ping: 127.0.0.1 is a loopback address'],
    [nfs({ ha_vip: '10.1.2.3/24' }), 'node_service_ip of M1: 192.168.0.211 is outside the service network 10.1.2.0/24'],
    [nfs({ ha_vip: '192.168.0.0/24' }), 'ha_vip: 192.168.0.0 is the address of the network itself'],
    [nfs({ ha_vip: '192.168.0.255/24' }), 'ha_vip: 192.168.0.255 is the broadcast address'],
    [nfs({ ha_vip: '192.168.0.219/28' }), 'heartbeat_ping: 192.168.0.1 is outside the service network 192.168.0.208/28'],
    [nfs({ ha_vip: '192.168.0.219/0' }), 'ha_vip: a prefix length of 0 is too short for a network'],
    [nfs({ ha_vip: '224.0.0.5/24' }), 'ha_vip: 224.0.0.5 is a multicast address'],
    [nfs({ ha_vip: '0.0.0.0/24' }), 'ha_vip: 0.0.0.0 is not a valid host address'],
    [{ M2: { node_service_ip: '192.168.0.211' } }, 'node_service_ip of M2 is 192.168.0.211, which is node_service_ip of M1 too'],
    [{ M2: { node_drbd_ip: '172.16.0.212' } }, 'node_drbd_ip of M2 is 172.16.0.212, which is node_heartbeat_ip of M2 too'],
    [{ M2: { node_drbd_ip: '10.9.9.9' } }, 'node_drbd_ip of M2 (10.9.9.9) and of M1 (172.16.100.211) are not in the same network'],
    [{ M1: { node_heartbeat_ip: '127.0.1.1' } }, 'node_heartbeat_ip of M1: 127.0.1.1 is a loopback address'],
    [{ M2: { node_service_ip: '192.168.1.212' } }, 'node_service_ip of M2: 192.168.1.212 is outside the service network'],
    [nfs({ heartbeat_mcast: '192.168.0.5' }), 'heartbeat_mcast: 192.168.0.5 is not a multicast group'],
    [nfs({ heartbeat_mcast: '224.0.0.1' }), 'heartbeat_mcast: 224.0.0.1 is not a multicast group that an application may use'],
    [nfs({ failover_dead_client: '192.168.0.219' }), 'failover_dead_client is 192.168.0.219, which is ha_vip'],
    [nfs({ failover_dead_client: '10.0.0.9' }), 'failover_dead_client: 10.0.0.9 is outside the service network'],
    [nfs({ base_time_servers: ['192.168.0.1', '192.168.0.211'] }), 'base_time_servers: 192.168.0.211 is node_service_ip of M1'],
    [nfs({ nfs_export_network: '0.0.0.0/0' }), 'nfs_export_network: 0.0.0.0/0 is larger than any single network'],
    [nfs({ nfs_export_network: '192.168.0.7/24' }), 'nfs_export_network: 192.168.0.7/24 is an address within 192.168.0.0/24'],
    [nfs({ nfs_export_network: '127.0.0.0/8' }), 'nfs_export_network: 127.0.0.0/8 is a loopback address'],
    // NICs
    [nfs({ node_drbd_nic: 'em2' }), 'node_drbd_nic and node_heartbeat_nic are both em2'],
    [{ M2: { node_heartbeat_nic: 'em1' } }, 'node_heartbeat_nic and node_service_nic are both em1'],
    [nfs({ node_service_nic: 'lo' }), 'node_service_nic: lo is the loopback interface'],
    [nfs({ node_service_nic: 'a-very-long-interface' }), 'node_service_nic: the name of a NIC has at most 15 characters'],
    // ports
    [nfs({ drbd_port: 2049 }), 'drbd_port: 2049 is the port of nfsd'],
    [nfs({ drbd_port: 111 }), 'drbd_port: 111 is the port of rpcbind'],
    [nfs({ drbd_port: 22 }), 'drbd_port: 22 is the port of ssh'],
    [nfs({ drbd_port: 20048 }), 'drbd_port: 20048 is the port of rpc.mountd'],
    [nfs({ drbd_port: 700 }), 'drbd_port: 700 is a privileged port'],
    [nfs({ heartbeat_udpport: 123 }), 'heartbeat_udpport: 123 is the port of NTP'],
    [nfs({ heartbeat_udpport: 4045 }), 'heartbeat_udpport: 4045 is the port of lockd'],
    // times
    [nfs({ heartbeat_warntime: 8 }), 'heartbeat_deadtime (8) must be more than heartbeat_warntime (8)'],
    [nfs({ heartbeat_initdead: 8 }), 'heartbeat_initdead (8) must be more than heartbeat_deadtime (8)'],
    [nfs({ heartbeat_keepalive: '4500ms' }), 'heartbeat_warntime (4) must be more than heartbeat_keepalive (4500ms)'],
    [
      nfs({ heartbeat_deadtime: 2, heartbeat_warntime: '1500ms' }),
      'heartbeat_deadtime (2) must be more than twice heartbeat_keepalive (1)',
    ],
    // paths
    ...['/', '/home', '/usr', '/etc', '/var', '/tmp', '/root', '/proc', '/srv', '/mnt', '/opt', '/dev', '/boot', '/var/lib', '/lib64'].map(
      (path): [Given, string] => [nfs({ nfs_export_path: path }), `nfs_export_path: ${path} is a system directory`],
    ),
    ...[
      ['/usr/share/data', '/usr'],
      ['/etc/exports.d', '/etc'],
      ['/var/lib/nfsha-play', ''],
      ['/var/lib/nfs/data', '/var/lib/nfs'],
      ['/var/lib/heartbeat/x', '/var/lib/heartbeat'],
      ['/tmp/share', '/tmp'],
      ['/run/share', '/run'],
      ['/root/data', '/root'],
    ].map(([path = '', parent]): [Given, string] => [
      nfs({ nfs_export_path: path }),
      `nfs_export_path: ${path} is ${parent ? `below ${parent}, ` : ''}a system directory`,
    ]),
    [nfs({ nfs_export_path: '/srv/../etc' }), 'nfs_export_path: must be a plain path: /etc'],
    [nfs({ nfs_export_path: '/data/' }), 'nfs_export_path: must be a plain path: /data'],
    [nfs({ nfs_export_path: '//data' }), 'nfs_export_path: must be a plain path: /data'],
    [nfs({ nfs_export_path: '/data/./x' }), 'nfs_export_path: must be a plain path: /data/x'],
    [nfs({ nfs_export_path: 'data' }), 'nfs_export_path: must be an absolute path'],
    [nfs({ nfs_export_path: '/my data' }), 'nfs_export_path: may have letters, digits and . _ - / only'],
    [nfs({ nfs_export_path: ' /data' }), 'nfs_export_path: must be an absolute path'],
    [{ C1: { client_mount: '/usr' } }, 'client_mount of C1: /usr is a system directory'],
    [{ C1: { client_mount: '/' } }, 'client_mount of C1: / is a system directory'],
    // devices
    [nfs({ drbd_device: '/dev/vda' }), 'drbd_device: must be /dev/drbd0, /dev/drbd1, ...'],
    [nfs({ drbd_device: '/root/disk.img' }), 'drbd_device: must be /dev/drbd0'],
    [nfs({ drbd_device: '/dev/drbd' }), 'drbd_device: must be /dev/drbd0'],
    [nfs({ drbd_device: '/dev/drbd00' }), 'drbd_device: must be /dev/drbd0'],
    [nfs({ drbd_device: '/dev/drbd/by-res/drbd' }), 'drbd_device: must be /dev/drbd0'],
    [nfs({ drbd_disk: '/dev/drbd0' }), 'drbd_disk: /dev/drbd0 is drbd_device'],
    [nfs({ drbd_disk: '/dev/drbd7' }), 'drbd_disk: /dev/drbd7 is a DRBD device'],
    [nfs({ drbd_disk: '/dev/drbd/by-res/r0/0' }), 'drbd_disk: /dev/drbd/by-res/r0/0 is a DRBD device'],
    [nfs({ drbd_disk: '/root/disk.img' }), 'drbd_disk: /root/disk.img is not a device'],
    [nfs({ drbd_disk: '/dev/null' }), 'drbd_disk: /dev/null is not a disk'],
    [nfs({ drbd_disk: '/dev/mapper' }), 'drbd_disk: /dev/mapper is not a disk'],
    [nfs({ drbd_disk: '/dev/../dev/vdb' }), 'drbd_disk: must be a plain path: /dev/vdb'],
    [nfs({ drbd_disk: 'vdb' }), 'drbd_disk: must be an absolute path'],
    [
      nfs({ drbd_init_lvm: { group: 'g', volume: 'v', size: '1G', disk: '/dev/drbd1' } }),
      'drbd_init_lvm.disk: /dev/drbd1 is a DRBD device',
    ],
    // names
    [{ M2: { node_name: 'm1.example.org' } }, 'node_name of M2: m1.example.org is node_name of M1 too'],
    [{ M1: { node_name: 'localhost' } }, 'node_name of M1: localhost is reserved for the machine itself'],
    [{ M1: { node_name: '192.168.0.211' } }, 'node_name of M1: 192.168.0.211 would be read as an address'],
    [{ M1: { node_name: 'M1.' } }, 'node_name of M1: M1. is not a valid host name'],
    [nfs({ drbd_resource: 'all' }), 'drbd_resource: all has a special meaning for drbdadm'],
    [nfs({ drbd_init_primary: 'M3' }), 'drbd_init_primary: M3 is not a node of this cluster; its nodes are M1 and M2'],
    [nfs({ ha_maintenance: 'm2' }), "did you mean 'M2'?"],
    // exports
    [nfs({ nfs_export_options: 'rw,no_rootsquash' }), "nfs_export_options: 'no_rootsquash' is not an option in exports(5)"],
    [nfs({ nfs_export_options: 'rw,ro' }), 'nfs_export_options: rw and ro contradict each other'],
    [nfs({ nfs_export_options: 'rw,fsid=3' }), 'nfs_export_options: fsid is added automatically'],
    [nfs({ nfs_export_options: 'rw,anonuid=nobody' }), 'nfs_export_options: anonuid=nobody: anonuid is a number'],
    [nfs({ nfs_threads: 100_000 }), 'nfs_threads: must be at most 8192'],
    [{ C1: { client_options: 'vers=3' } }, 'client_options (vers=3) request NFS version 3'],
    // the same on both nodes
    [{ M2: { nfs_export_path: '/srv/x' } }, 'nfs_export_path differs between the nodes: /data on M1, /srv/x on M2'],
    [{ M2: { drbd_port: 7790 } }, 'drbd_port differs between the nodes: 7789 on M1, 7790 on M2'],
  ])('%j', (given, message) => {
    expect(problems(given)).toContain(message)
    expect(problems(given)).toMatch(/^hosts\.yml:\d+:\d+: /)
  })

  test('a secret that differs is not shown', () => {
    const text = problems({ M2: { drbd_secret: 'another-secret' } })
    expect(text).toContain('drbd_secret differs between the nodes\n')
    expect(text).not.toMatch(/another|twelve/)
  })

  test('all conflicts at once, each at its position, shared values once', () => {
    const text = problems({
      M1: { node_name: 'localhost' },
      nfs: { ha_vip: '192.168.0.211/24', heartbeat_ping: '192.168.0.211', drbd_device: '/dev/vda', nfs_lease: 5, nfs_export_path: '/home' },
    })
    expect(
      text
        .match(/^hosts\.yml:\d+:\d+: .*$/gm)
        ?.map(line => line.replace(/:\d+: (\S+).*$/, ' $1'))
        .sort(),
    ).toEqual([
      'hosts.yml:14 ha_vip',
      'hosts.yml:15 heartbeat_ping',
      'hosts.yml:20 drbd_device:',
      'hosts.yml:21 nfs_lease:',
      'hosts.yml:22 nfs_export_path:',
      'hosts.yml:4 node_name',
    ])
    expect(text).toContain('drbd_device: must be /dev/drbd0, /dev/drbd1, ...: DRBD identifies the device by its number (for M1 and M2)')
  })

  test('values from the command line are reported as such', () => {
    expect(problems({}, 'ha_vip=192.168.0.211/24')).toMatch(/^-e: ha_vip is 192\.168\.0\.211/)
  })

  test('a variable missing for the group is reported once, one missing for a node for each node', () => {
    const text = problems({ M1: { node_drbd_ip: undefined }, M2: { node_drbd_ip: undefined }, nfs: { heartbeat_ping: undefined } })
    expect(text.match(/\w+ is not set for \w+/g)).toEqual([
      'node_drbd_ip is not set for M1',
      'heartbeat_ping is not set for M1',
      'node_drbd_ip is not set for M2',
    ])
  })
})

describe('valid values pass', () => {
  it.each<[Given]>([
    [{}],
    [nfs({ ha_vip: '192.168.0.219/32' })],
    [nfs({ ha_vip: '192.168.0.219/16', heartbeat_ping: '192.168.255.254' })],
    [nfs({ heartbeat_keepalive: '250ms', heartbeat_warntime: 1, heartbeat_deadtime: 2, heartbeat_initdead: 12 })],
    [nfs({ heartbeat_udpport: 7789 })],
    [nfs({ nfs_export_path: '/srv/nfs' })],
    [nfs({ nfs_export_path: '/home/data' })],
    [nfs({ nfs_export_path: '/var/nfs/export' })],
    [nfs({ nfs_export_path: '/database' })],
    [nfs({ nfs_export_network: '10.0.0.0/8' })],
    [nfs({ nfs_export_network: '192.168.0.50/32' })],
    [nfs({ nfs_export_options: 'ro,async,all_squash,anonuid=65534,sec=krb5p,mp' })],
    [{ M1: { drbd_disk: '/dev/vdb' }, M2: { drbd_disk: '/dev/disk/by-id/virtio-disk-1' } }],
    [nfs({ drbd_disk: '/dev/mapper/VolGroup-lv_drbd' })],
    [nfs({ drbd_disk: '/dev/nvme0n1p3', drbd_device: '/dev/drbd17' })],
    [{ M1: { node_service_nic: 'eth0' }, M2: { node_service_nic: 'enp0s31f6.100' } }],
    [{ C1: { client_mount: '/home' } }],
    [nfs({ nfs_v3: true, client_options: 'vers=3,noatime' })],
    [nfs({ ha_maintenance: 'none', drbd_init_primary: 'M2' })],
  ])('%j', given => {
    expect(() => plan(given)).not.toThrow()
  })

  it.each(['inventory/lab.yml', 'inventory/hosts.yml'])('%s', file => {
    const read = loadInventory([file], { cwd })
    const article = file.includes('hosts') ? [`@${join(cwd, 'test/fixtures/article/vars.yml')}`] : []
    expect(() => planOf(site, read, {}, parseExtraVars(article, read.vault))).not.toThrow()
  })
})
