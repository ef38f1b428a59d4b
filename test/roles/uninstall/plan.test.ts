import { expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { Platform } from '../../../lib/platform/platform.ts'
import { notRead, present } from '../../../lib/resources/reading.ts'
import { client } from '../../../roles/client/role.ts'
import { siteRoles } from '../../../roles/index.ts'
import type { NamedState } from '../../../roles/service/state/state.ts'
import { dataTable } from '../../../roles/uninstall/data.ts'
import { fatesOf, planUninstall, wipesOf } from '../../../roles/uninstall/plan.ts'
import { removeScript } from '../../../roles/uninstall/remove.ts'
import { type NamedInstalled, parseInstalled, undosOf } from '../../../roles/uninstall/state.ts'
import { contextOn } from '../contexts.ts'
import { activeState, bareState, nodeState } from '../pair-states.ts'

const site = siteRoles.filter(role => role !== client)
const contextWith = (platform: Platform = debian12, ...variables: string[]) => contextOn(platform, {}, 'ha_stack=lean', ...variables)
const context = contextWith()
const noted = ['/etc/ha.d/haresources', '/etc/exports.d/nfsha.exports', '/usr/sbin/policy-rc.d'].map(path => ({ path, replaced: false }))
const on = (state: NamedState, more: Partial<NamedInstalled> = {}): NamedInstalled => ({
  ...state,
  noted,
  marks: ['served'],
  due: [],
  edited: {},
  connected: [],
  answers: [],
  cron: false,
  disk: undefined,
  ...more,
})
const gone = { noted: [], marks: [] }
const named = (states: NamedInstalled[], ...variables: string[]) => {
  const own = contextWith(debian12, ...variables)
  const plan = planUninstall(states, wipesOf(states, own), site, own)
  return plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind
}

test('the standby first, and one node after the other', () => {
  expect(named([on(activeState()), on(nodeState({ host: 'M2' }))])).toEqual([
    'stop the cluster on M2',
    'remove it from M2',
    'stop the cluster on M1',
    'remove it from M1',
  ])
  const turned = [on(nodeState()), on(activeState({ host: 'M2' }))]
  expect(named(turned)).toEqual(['stop the cluster on M1', 'remove it from M1', 'stop the cluster on M2', 'remove it from M2'])
})

test('an interrupted run continues with the remaining steps', () => {
  const bare = on(bareState({ host: 'M2' }), gone)
  expect(named([on(activeState()), bare])).toEqual(['stop the cluster on M1', 'remove it from M1'])
  expect(named([on(bareState()), bare])).toEqual(['remove it from M1'])
  expect(named([on(bareState(), { noted: [] }), bare])).toEqual(['remove it from M1'])
  expect(named([on(bareState(), gone), bare])).toEqual([])
})

test('nothing is changed on machines that this tool has never written to', () => {
  const byHand = [on(activeState(), gone), on(nodeState({ host: 'M2' }), gone)]
  expect(named(byHand)).toEqual([])
})

test.each<[string, NamedInstalled[], RegExp]>([
  ['both hold the service', [on(activeState()), on(activeState({ host: 'M2' }))], /^M1 and M2 both hold the service/],
  [
    'something else uses the volume',
    [on(activeState({ holders: ['process 12 (sh)'] })), on(nodeState({ host: 'M2' }))],
    /process 12 \(sh\)/,
  ],
])('%s: refused', (_name, states, why) => {
  expect(named(states)).toMatch(why)
})

const disk = (current: string, blank = false) => ({
  device: '/dev/sdb',
  size: 2 ** 28,
  blank,
  against: [],
  ...(blank ? {} : { drbd: { version: 'v08', current, others: [], flags: 0, stamp: '', size: 2 ** 28 } }),
})
const withDisks = (one: string, two: string) => [on(activeState(), { disk: disk(one) }), on(nodeState({ host: 'M2' }), { disk: disk(two) })]
const A = 'AAAAAAAAAAAAAAAA'
const B = 'BBBBBBBBBBBBBBBB'

test('a disk is wiped if the confirmation matches its content, after DRBD has released it and before the backup records are removed', () => {
  expect(named(withDisks(A, B), `drbd_wipe=M2:/dev/sdb:${B}`)).toEqual([
    'stop the cluster on M2',
    `empty ${context.vars.drbd_disk} of M2`,
    'remove it from M2',
    'stop the cluster on M1',
    'remove it from M1',
  ])
})

test.each([
  [`M2:/dev/sdb:${A}`, /^drbd_wipe: \/dev\/sdb of M2 holds metadata with the UUID B{16}, not A{16}$/],
  [`M2:/dev/sdc:${B}`, /^drbd_wipe: M2 has its data on \S+, not on \/dev\/sdc$/],
  [`M3:/dev/sdb:${B}`, /^drbd_wipe: M3 is not a node of this pair/],
  [`M1:/dev/sdb:${A},M2:/dev/sdb:${A}`, /^drbd_wipe: \/dev\/sdb of M2 holds/],
])('the confirmation %s matches nothing, and nothing is started', (word, why) => {
  expect(named(withDisks(A, B), `drbd_wipe=${word}`)).toMatch(why)
})

test('a confirmation that matched still counts when the active node has a new UUID, and a blank disk is not wiped again', () => {
  const own = contextWith(debian12, `drbd_wipe=M1:/dev/sdb:${A}`)
  const aim = wipesOf(withDisks(A, B), own)
  const names = (states: NamedInstalled[]) => {
    const plan = planUninstall(states, aim, site, own)
    return plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind
  }
  const later = [on(bareState(), { disk: disk(B) }), on(bareState({ host: 'M2' }), gone)]
  expect(names(later)).toEqual([`empty ${context.vars.drbd_disk} of M1`, 'remove it from M1'])
  const blank = [on(bareState(), { disk: disk('', true) }), on(bareState({ host: 'M2' }), gone)]
  expect(names(blank)).toEqual(['remove it from M1'])
})

test('what is done with each file', () => {
  const hosts = '127.0.0.1 localhost\n'
  const edit = context.cluster.nodes.map(n => `${n.vars.node_service_ip} ${n.vars.node_name}\n`).join('')
  const files = [
    { path: '/etc/hosts', replaced: true },
    { path: '/etc/ha.d/ha.cf', replaced: true },
    { path: '/etc/ha.d/authkeys', replaced: false },
    { path: '/etc/motd', replaced: true },
  ]
  const fates = (now: string) =>
    fatesOf(on(nodeState(), { noted: files, edited: { '/etc/hosts': { now, was: hosts } } }), site, context).map(f => `${f.fate} ${f.path}`)
  expect(fates(`${hosts}${edit}`)).toEqual(['put back /etc/hosts', 'put back /etc/ha.d/ha.cf', 'removed /etc/ha.d/authkeys'])
  expect(fates(`${hosts}${edit}10.0.0.9 of-somebody-else\n`)[0]).toBe('left /etc/hosts')
})

test('the plan lists every file, what is undone, and which files of other roles stay', () => {
  const state = on(nodeState({ host: 'M2' }), {
    noted: [...noted, { path: '/etc/motd', replaced: true }],
    due: [{ what: 'nfs-server.service', from: 'masked', to: 'not masked' }],
  })
  const plan = planUninstall([on(activeState()), state], { wipe: [], problems: [] }, site, context)
  const said = plan.kind === 'steps' ? plan.steps.flatMap(s => s.changes).map(c => `${c.attribute}: ${c.from} -> ${c.to}`) : []
  expect(said).toEqual(
    expect.arrayContaining([
      'heartbeat on M2: running -> stopped',
      'DRBD on M2: up -> down',
      '/usr/sbin/policy-rc.d on M2: ours -> removed',
      '/etc/motd on M2: from a role of your own -> left as it is',
      'nfs-server.service on M2: masked -> not masked',
      'service: on M1 -> ended',
    ]),
  )
})

test('changes of the roles other than files can be undone', () => {
  expect(undosOf(site, context).map(u => `${u.what}: ${u.to}`)).toEqual(
    expect.arrayContaining([
      'nfs-server.service: not masked',
      'package heartbeat: not held',
      'package drbd-utils: not held',
      'route to 172.16.0.211: removed',
      '/data: a normal directory',
      'nfsha-drbd.service at boot: off',
    ]),
  )
  expect(undosOf(site, context).map(u => u.what)).not.toContainEqual(expect.stringMatching(/^heartbeat/))
})

test('the output of a node', () => {
  const own = contextWith(debian12, `drbd_wipe=M1:/dev/sdb:${A}`)
  const parsed = parseInstalled(
    `@noted
replaced %etc%hosts
new %etc%ha.d%nfsha.conf
@marks
served
jobs
@connected
32006AC0:03E9
0000000000000000FFFF00003200A8C0:0001
@due
0
@now-0
|127.0.0.1 localhost
||x
@was-0
|127.0.0.1 localhost
@disk
device /dev/sdb
size 1048576
drbd v08 uuids=${A}:0:0:0 flags=0 stamp= sectors=2048
@judged
yes
@installed
read
`,
    site,
    own,
  )
  expect(parsed).toMatchObject({
    noted: [
      { path: '/etc/hosts', replaced: true },
      { path: '/etc/ha.d/nfsha.conf', replaced: false },
    ],
    marks: ['served'],
    connected: ['192.106.0.50', '192.168.0.50'],
    due: [{ what: undosOf(site, own)[0]?.what }],
    edited: { '/etc/hosts': { now: '127.0.0.1 localhost\n|x\n', was: '127.0.0.1 localhost\n' } },
    disk: { drbd: { current: A } },
  })
})

test('packages are removed only if a package manager reports what else would be removed', () => {
  const own = contextWith(centos6, 'uninstall_packages=true', 'ha_stack=article')
  const plan = planUninstall([on(nodeState())], { wipe: [], problems: [] }, site, own)
  expect(plan).toMatchObject({ kind: 'refused', why: expect.stringMatching(/manually$/) })
})

test('a file is restored before its backup record is removed, and a unit is disabled before its file is removed', () => {
  const script = removeScript(
    [
      { path: '/etc/hosts', replaced: true, fate: 'put back' },
      { path: '/etc/systemd/system/nfsha-drbd.service', replaced: false, fate: 'removed' },
    ],
    [],
    site,
    context,
  )
  const at = (text: string) => {
    expect(script).toContain(text)
    return script.indexOf(text)
  }
  expect(at('tar -C / -czf')).toBeLessThan(at('systemctl disable --now nfsha-drbd.service'))
  expect(at('systemctl disable --now nfsha-drbd.service')).toBeLessThan(at("rm -f '/etc/systemd/system/nfsha-drbd.service'"))
  expect(at("cp -p '/var/lib/nfsha-play/backup/%etc%hosts'")).toBeLessThan(at("rm -f '/var/lib/nfsha-play/backup/%etc%hosts'"))
})

test('where the data is, and the confirmation with which a new pair adopts it', () => {
  const own = context.vars.drbd_disk
  const members = [
    { host: 'M1', reading: present(disk(A)) },
    { host: 'M2', reading: present(disk('', true)) },
  ]
  expect(dataTable(members, context)).toEqual({
    title: `${context.cluster.name}: the data on the disks; site.yml builds a pair around it with -e drbd_adopt=M1:${own}:${A}`,
    columns: ['', 'disk', 'content', 'to read it once DRBD is down'],
    rows: [
      ['M1', own, `data of the pair, UUID ${A}`, `mount -t ext4 -o ro ${own} /mnt`],
      ['M2', own, 'blank', ''],
    ],
  })
  expect(dataTable([{ host: 'M1', reading: notRead('unreachable') }], context).rows[0]?.[2]).toMatch(/^not known: unreachable/)
})
