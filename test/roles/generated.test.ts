import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ifupScript } from '../../lib/platform/debian-routes.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { guardScript } from '../../lib/resources/service-guard.ts'
import { withHosts } from '../../roles/base/hosts.ts'
import { resourceFile } from '../../roles/drbd-init/config.ts'
import { haCf, keysFile } from '../../roles/heartbeat/config.ts'
import { haresources, settings, watchSettings } from '../../roles/integrate/config.ts'
import { exportLine, squashesRoot } from '../../roles/service/nfs/exports.ts'
import { resourceScript } from '../../roles/service/resource-script/index.ts'
import { Vars } from '../../roles/vars.ts'

const node = (name: string, n: number) => ({
  name,
  vars: Vars.parse({
    node_name: `${name}.redhat.sx`,
    node_service_ip: `192.168.0.${n}`,
    node_heartbeat_ip: `172.16.0.${n}`,
    node_drbd_ip: `172.16.100.${n}`,
    heartbeat_ping: '192.168.0.1',
    heartbeat_secret: 'test-secret',
    drbd_secret: 'test-secret',
    drbd_disk: '/dev/vdb',
    nfs_export_network: '192.168.0.0/24',
    ha_vip: '192.168.0.219/24',
  }),
})
const cluster = { name: 'nfs', nodes: [node('M1', 210), node('M2', 211)], clients: [] }
const vars = node('M1', 210).vars

test('authkeys signs with a real key', () => expect(keysFile(vars)).toBe('auth 1\n1 sha1 test-secret\n'))

test('ha.cf has two links, the ping node and both nodes', () => {
  const text = haCf(cluster, debian12)
  for (const line of [
    'mcast em2 225.0.0.192 694 1 0',
    'ucast em3 172.16.100.210',
    'ucast em3 172.16.100.211',
    'auto_failback off',
    'node M1.redhat.sx',
    'node M2.redhat.sx',
    'ping 192.168.0.1',
  ])
    expect(text.split('\n')).toContain(line)
})

test('several ping nodes are one group: a single silent one does not move the service', () => {
  const nodes = cluster.nodes.map(n => ({ ...n, vars: { ...n.vars, heartbeat_ping: ['192.168.0.1', '192.168.0.2'] } }))
  expect(haCf({ ...cluster, nodes }, debian12).match(/^ping.*$/gm)).toEqual(['ping_group nfsha 192.168.0.1 192.168.0.2'])
  const list = Vars.parse({ ...node('M1', 210).vars, heartbeat_ping: ['192.168.0.1', '192.168.0.2'] })
  expect(list.heartbeat_ping).toEqual(['192.168.0.1', '192.168.0.2'])
})

test('the resource names both nodes and never discards data', () => {
  const text = resourceFile(cluster)
  expect(text.match(/after-sb-\dpri disconnect;/g)).toHaveLength(3)
  expect(text).toContain('address 172.16.100.211:7789;')
  expect(text).not.toContain('disk-flushes')
})

test('haresources by stage', () => {
  expect(haresources(cluster)).toBe('M1.redhat.sx nfsha\n')
  const vip = { ...cluster, nodes: cluster.nodes.map(n => ({ ...n, vars: { ...n.vars, ha_stage: 'vip' as const } })) }
  expect(haresources(vip)).toBe('M1.redhat.sx IPaddr::192.168.0.219/24/em1\n')
})

test('exports carry an explicit fsid, and squash root unless asked not to', () => {
  expect(exportLine(vars)).toBe('/data 192.168.0.0/24(rw,sync,root_squash,no_subtree_check,fsid=1)')
  expect(exportLine({ ...vars, nfs_export_options: 'rw,no_root_squash' })).toBe('/data 192.168.0.0/24(rw,no_root_squash,fsid=1)')
  expect(exportLine({ ...vars, ha_stack: 'article' })).toBe('/data 192.168.0.0/24(rw,sync,no_root_squash,no_subtree_check)')
})

test.each([
  [undefined, true],
  ['rw', true],
  ['rw,no_root_squash', false],
  ['no_root_squash,rw,root_squash', true],
  ['root_squash,no_root_squash', false],
  ['no_root_squash,all_squash', true],
])('%s squashes root: %s', (nfs_export_options, wanted) => expect(squashesRoot({ ...vars, nfs_export_options })).toBe(wanted))

test('impossible timing is refused', () => {
  expect(Vars.safeParse({ ...vars, heartbeat_keepalive: '0ms' }).error?.issues[0]?.path).toEqual(['heartbeat_keepalive'])
})

const nodes = [{ ip: '192.168.0.210', name: 'M1.redhat.sx' }]
test.each([
  ['empty', '', '192.168.0.210 M1.redhat.sx\n'],
  ['there already', '192.168.0.210 M1.redhat.sx M1\n', '192.168.0.210 M1.redhat.sx M1\n'],
  [
    "Debian's own line goes, its other names stay",
    '127.0.0.1 localhost\n127.0.1.1 M1.redhat.sx M1\n',
    '127.0.0.1 localhost\n127.0.1.1 M1\n192.168.0.210 M1.redhat.sx\n',
  ],
  [
    'other lines and comments stay',
    '# mine\n10.0.0.1 db # M1.redhat.sx\n',
    '# mine\n10.0.0.1 db # M1.redhat.sx\n192.168.0.210 M1.redhat.sx\n',
  ],
])('/etc/hosts: %s', (_name, from, to) => {
  expect(withHosts(from, nodes)).toBe(to)
  expect(withHosts(to, nodes)).toBe(to)
})

test.each([
  ['nfsha', resourceScript()],
  ['settings', settings(vars, debian12)],
  ['settings of the watch', watchSettings(vars, node('M2', 211).vars, 'local')],
  ['if-up', ifupScript([{ address: '172.16.0.211', nic: 'em2' }])],
  ['policy-rc.d', guardScript(['heartbeat', 'nfs-server'])],
])('sh accepts %s', (_name, text) => {
  execFileSync('sh', ['-n'], { input: text })
})

test.each([
  [['heartbeat', 'start'], 101],
  [['heartbeat.service', 'restart'], 101],
  [['ssh', 'restart'], 0],
])('the guard answers %j with %i', (argv, code) => {
  let got = 0
  try {
    execFileSync('sh', ['-s', '--', ...argv], { input: guardScript(['heartbeat', 'nfs-server']) })
  } catch (error) {
    got = (error as { status: number }).status
  }
  expect(got).toBe(code)
})
