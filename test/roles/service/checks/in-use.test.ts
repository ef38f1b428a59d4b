import { describe, expect, it, test } from 'vitest'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { commandsFor } from '../../../../roles/drbd-init/adjust.ts'
import { inUse, inUseBesideDisk, parseInUse } from '../../../../roles/service/checks/in-use.ts'
import { contextOn } from '../../contexts.ts'

/** Output of a lab node (drbd-utils 9.22, DRBD 8.4.11), M1 active. */
const recorded = ({
  own = '210',
  peer = '211',
  name = 'M1.redhat.sx',
  role = 'Primary/Secondary',
  disk = '/dev/mapper/VolGroup-lv_drbd',
  show = true,
  file = '/dev/mapper/VolGroup-lv_drbd',
  numbers = ['/dev/mapper/VolGroup-lv_drbd fe:0'],
  served = 'full',
  state = 'UpToDate/UpToDate',
}: Record<string, unknown> = {}): string => `@proc
version: 8.4.11 (api:1/proto:86-101)
${show ? ` 0: cs:Connected ro:${role} ds:${state} C r-----\n    ns:92 nr:0 dw:92 dr:125 al:3 bm:0 lo:0 pe:4 ua:0 ap:4 ep:1 wo:f oos:0` : ''}
@show
${show ? `resource drbd {\n    _remote_host {\n        address\t\t\tipv4 172.16.100.${peer}:7789;\n    _this_host {\n        address\t\t\tipv4 172.16.100.${own}:7789;\n            device\t\t\tminor 0;\n${disk ? `            disk\t\t\t"${disk}";\n` : ''}` : ''}
@files
resource drbd {
  on M1.redhat.sx {
    device /dev/drbd0;
    disk ${file};
    address 172.16.100.210:7789;
  on M2.redhat.sx {
    device /dev/drbd0;
    disk ${file};
    address 172.16.100.211:7789;
@numbers
${(numbers as string[]).join('\n')}
@mounts
${role === 'Primary/Secondary' && show ? '/dev/drbd0 /data ext4 rw,noatime 0 0' : ''}
@name
${name}
@served
${served}
`
const m1 = (values = {}) => recorded(values)
const m2 = (values = {}) => recorded({ own: '211', peer: '210', name: 'M2.redhat.sx', role: 'Secondary/Primary', ...values })

const judged = (one: string, two: string | undefined, ...extra: string[]): string => {
  const context = contextOn(debian12, {}, 'ha_stack=lean', ...extra)
  const member = (host: string, text: string | undefined) => ({
    host,
    reading:
      text === undefined ? ({ kind: 'unknown', why: 'unreachable' } as const) : ({ kind: 'present', state: parseInUse(text) } as const),
  })
  const result = inUse(context).compare([member('M1', one), member('M2', two)])
  return result.kind === 'refused' ? result.why : result.kind === 'in-sync' ? '' : JSON.stringify(result)
}
/** The listed problems, without the introduction and the reference to the documentation. */
const lines = (text: string) => {
  const [head = '', ...rest] = text.split('\n')
  expect(head).toMatch(/a run does not move it; nothing was written/)
  expect(rest.pop()).toBe('To change it on purpose, one node at a time: docs/changing-a-pair.md')
  return rest.filter(line => !line.startsWith('Another disk'))
}
const vg = '/dev/mapper/VolGroup-lv_drbd'

describe('a pair that has data keeps it where it is', () => {
  test('the same values: no problem', () => {
    expect(judged(m1(), m2())).toBe('')
    expect(judged(m1(), undefined)).toBe('')
  })

  it.each<[string[], string[]]>([
    [['drbd_disk=/dev/vdc'], [`M1: drbd_disk is /dev/vdc, DRBD has ${vg} attached`, `M2: drbd_disk is /dev/vdc, DRBD has ${vg} attached`]],
    [
      ['drbd_port=7790'],
      [
        'M1: node_drbd_ip and drbd_port is 172.16.100.210:7790, DRBD runs 172.16.100.210:7789',
        "M1: the peer's node_drbd_ip and drbd_port is 172.16.100.211:7790, DRBD runs 172.16.100.211:7789",
        'M2: node_drbd_ip and drbd_port is 172.16.100.211:7790, DRBD runs 172.16.100.211:7789',
        "M2: the peer's node_drbd_ip and drbd_port is 172.16.100.210:7790, DRBD runs 172.16.100.210:7789",
      ],
    ],
    [
      ['drbd_device=/dev/drbd1'],
      ['M1: drbd_device is /dev/drbd1, DRBD runs /dev/drbd0', 'M2: drbd_device is /dev/drbd1, DRBD runs /dev/drbd0'],
    ],
    [['drbd_resource=r0'], ['M1: drbd_resource is r0, DRBD runs drbd', 'M2: drbd_resource is r0, DRBD runs drbd']],
    [['nfs_export_path=/srv/nfs'], ['M1: nfs_export_path is /srv/nfs, /dev/drbd0 is mounted on /data']],
  ])('%j is refused on both nodes', (extra, expected) => {
    expect(lines(judged(m1(), m2(), ...extra))).toEqual(expected)
  })

  test('another disk: the playbook that moves it, with the node if it is only one', () => {
    const moved = (one: string, two: string, ...extra: string[]) => /^Another disk.*$/m.exec(judged(one, two, ...extra))?.[0]
    const numbers = [`${vg} fe:0`, '/dev/vdc fe:20']
    expect(moved(m1({ numbers }), m2({ numbers }), 'drbd_disk=/dev/vdc')).toBe(
      'Another disk, one node at a time: nfsha-play move-disk.yml -e ha_move_disk=<node>',
    )
    expect(moved(m1({ numbers: [`${vg} fe:0`, '/dev/vdc fe:0'] }), m2({ numbers }), 'drbd_disk=/dev/vdc')).toBe(
      'Another disk, one node at a time: nfsha-play move-disk.yml -e ha_move_disk=M2',
    )
    expect(moved(m1(), m2(), 'drbd_port=7790')).toBeUndefined()
  })

  test('while a disk is being moved, everything except that disk is checked before it is detached', () => {
    const context = contextOn(debian12, {}, 'ha_stack=lean', 'drbd_disk=/dev/vdc', 'ha_move_disk=M2')
    const members = (one: string, two: string) =>
      [
        ['M1', one],
        ['M2', two],
      ].map(([host = '', text = '']) => ({ host, reading: { kind: 'present', state: parseInUse(text) } as const }))
    const numbers = [`${vg} fe:0`, '/dev/vdc fe:0']
    const beside = inUseBesideDisk(context, 'M2')
    expect(beside.dependsOn).toEqual([])
    expect(beside.compare(members(m1({ numbers }), m2())).kind).toBe('in-sync')
    expect(JSON.stringify(beside.compare(members(m1(), m2())))).toMatch(/M1: drbd_disk is \/dev\/vdc/)
    // Later in the run nothing is exempt: the disk must be detached by then.
    expect(inUse(context).compare(members(m1({ numbers }), m2())).kind).toBe('refused')
    expect(inUse(context).dependsOn).toEqual(['old disk of M2 detached'])
  })

  test('the resource file counts if DRBD does not run', () => {
    const down = { show: false }
    expect(lines(judged(m1(down), m2(down), 'drbd_disk=/dev/vdc'))).toEqual([
      `M1: drbd_disk is /dev/vdc, its file says ${vg}`,
      `M2: drbd_disk is /dev/vdc, its file says ${vg}`,
    ])
    expect(lines(judged(m1(down), m2(down), 'drbd_port=7790'))).toHaveLength(4)
  })

  test('another node name', () => {
    const text = (name: string) => m1({ name }).replaceAll('M1.redhat.sx', 'old.redhat.sx')
    expect(lines(judged(text('old.redhat.sx'), m2()))).toEqual([
      "M1: node_name is M1.redhat.sx and M2.redhat.sx, DRBD's file names old.redhat.sx",
    ])
  })

  test('another name of the same disk is the same disk', () => {
    const numbers = [`${vg} fe:0`, '/dev/disk/by-id/dm-name-x fe:0']
    expect(judged(m1({ numbers }), m2({ numbers }), 'drbd_disk=/dev/disk/by-id/dm-name-x')).toBe('')
    const others = [`${vg} fe:0`, '/dev/disk/by-id/dm-name-x fe:10']
    expect(lines(judged(m1({ numbers: others }), m2({ numbers }), 'drbd_disk=/dev/disk/by-id/dm-name-x'))).toEqual([
      `M1: drbd_disk is /dev/disk/by-id/dm-name-x, DRBD has ${vg} attached`,
    ])
  })

  test('a node that lost its disk may get another one while its peer has all data', () => {
    const diskless = { disk: '', state: 'Diskless/UpToDate' }
    expect(judged(m1(), m2({ ...diskless, file: '/dev/vdb' }), '')).toBe('')
    expect(judged(m1({ show: false }), m2({ ...diskless, file: '/dev/vdb' }), '')).not.toBe('')
  })

  test('a pair without data is still free to change', () => {
    const blank = { served: '', state: 'Inconsistent/Inconsistent', role: 'Secondary/Secondary' }
    expect(judged(m1(blank), m2(blank), 'drbd_disk=/dev/vdc')).toBe('')
    expect(judged(m1(blank), m2(), 'drbd_disk=/dev/vdc')).not.toBe('')
  })
})

test('an adjust that would only reattach the disk under another name is not a change', () => {
  const commands = [
    'drbdsetup-84 detach 0',
    'drbdmeta 0 v08 /dev/disk/by-id/virtio-vdb internal apply-al',
    'drbdsetup-84 attach 0 /dev/disk/by-id/virtio-vdb /dev/disk/by-id/virtio-vdb internal --fencing=resource-and-stonith',
  ]
  const net = 'drbdsetup-84 net-options ipv4:172.16.100.211:7789 ipv4:172.16.100.210:7789 --set-defaults --verify-alg=crc32c'
  expect(commandsFor({ commands, alias: '/dev/vdb' })).toEqual([])
  expect(commandsFor({ commands: [...commands, net], alias: '/dev/vdb' })).toEqual([net])
  expect(commandsFor({ commands })).toEqual(commands)
})
