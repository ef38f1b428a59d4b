import { expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { UpgradeState } from '../../../lib/resources/apt-upgrade.ts'
import { parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { Plan, Procedure } from '../../../lib/resources/resource.ts'
import { upgrade } from '../../../roles/upgrade/role.ts'
import type { NodeState } from '../../../roles/upgrade/state.ts'
import { contextOn } from '../contexts.ts'

const device = (disk = 'UpToDate') =>
  parseProcDrbd(` 0: cs:Connected ro:Secondary/Primary ds:${disk}/UpToDate C r-----\n    oos:0\n`).devices[0]
const current: UpgradeState = {
  release: 'bookworm',
  sources: ['/etc/apt/sources.list'],
  held: ['heartbeat', 'vim'],
  listsRead: true,
  newer: [],
  unfinished: [],
  kernel: '6.1.0-44-cloud-amd64',
  newestKernel: '6.1.0-44-cloud-amd64',
  bootNeeded: false,
}
const well = {
  heartbeat: true,
  stable: true,
  links: ['em2 up', 'em3 up'],
  nfsd: 0,
  device: device(),
  space: [],
  holders: [],
  upgrading: false,
}
const old = { ...current, newer: ['libc6', 'heartbeat'] }
const trixie = { ...current, release: 'trixie', sources: [], kernel: '6.12.1-cloud-amd64', newestKernel: '6.12.1-cloud-amd64' }

/** M1 serves. */
const membersOf = (one: Partial<NodeState>, two: Partial<NodeState>) => [
  { host: 'M1', reading: present({ ...well, vip: true, nfsd: 8, upgrade: current, ...one } as NodeState) },
  { host: 'M2', reading: present({ ...well, vip: false, upgrade: current, ...two } as NodeState) },
]
const planned = (members: ReturnType<typeof membersOf>, ...extra: string[]): Plan => {
  const procedure = upgrade.steps(contextOn(debian12, {}, ...extra))[0] as Procedure<NodeState>
  return procedure.plan(members, procedure.aim(members), [])
}
const steps = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan)
const back = (host: string) => [
  `wait until DRBD is in sync on ${host}`,
  `start heartbeat on ${host}`,
  'wait until both nodes hear each other',
  `end the maintenance of ${host}`,
]
const marked = { maintenance: 'M2' }

test('nothing is newer: there is nothing to do, in either turn', () => {
  expect(steps(planned(membersOf({}, {})))).toEqual([])
  expect(steps(planned(membersOf({}, {}), 'upgrade_turn=other'))).toEqual([])
})

test('the standby first: taken out of service, upgraded, rebooted, taken back', () => {
  expect(steps(planned(membersOf({ upgrade: old }, { upgrade: old })))).toEqual([
    'mark the maintenance of M2',
    'stop heartbeat on M2',
    'upgrade the packages of M2',
    'restart M2',
    ...back('M2'),
  ])
})

test('the other node in its turn, after a hand-over; check mode predicts it while both are old', () => {
  const wanted = [
    'mark the maintenance of M1',
    'hand over to M2',
    'stop heartbeat on M1',
    'upgrade the packages of M1',
    'restart M1',
    ...back('M1'),
  ]
  expect(steps(planned(membersOf({ upgrade: old }, {}), 'upgrade_turn=other'))).toEqual(wanted)
  expect(steps(planned(membersOf({ upgrade: old }, { upgrade: old }), 'upgrade_turn=other'))).toEqual(wanted)
  expect(steps(planned(membersOf({ upgrade: old }, {})))).toEqual([])
})

test('another release: the package sources too, and the package lists need not be read first', () => {
  const node = { upgrade: { ...current, listsRead: false } }
  expect(steps(planned(membersOf(node, node), 'ha_release=trixie'))).toEqual([
    'mark the maintenance of M2',
    'stop heartbeat on M2',
    'package sources of M2',
    'upgrade the packages of M2',
    'restart M2',
    ...back('M2'),
  ])
})

test('newer packages are not known before the package lists were read', () => {
  const unread = { upgrade: { ...current, listsRead: false } }
  expect(steps(planned(membersOf(unread, unread)))).toEqual(['read the package lists'])
})

test('a package held by the operator is no reason for an upgrade, one held by us is', () => {
  expect(steps(planned(membersOf({}, { upgrade: { ...current, newer: ['vim'] } })))).toEqual([])
  expect(steps(planned(membersOf({}, { upgrade: { ...current, newer: ['heartbeat'] } })))).toContain('upgrade the packages of M2')
})

test.each([
  ['before the packages', { upgrade: { ...trixie, release: 'bookworm' } }, ['upgrade the packages of M2', 'restart M2', ...back('M2')]],
  ['with half of them', { upgrade: { ...trixie, unfinished: ['libc6'] } }, ['upgrade the packages of M2', 'restart M2', ...back('M2')]],
  ['before the restart', { upgrade: { ...trixie, bootNeeded: true } }, ['restart M2', ...back('M2')]],
  ['on an old kernel', { upgrade: { ...trixie, kernel: '6.1.0-44-cloud-amd64' } }, ['restart M2', ...back('M2')]],
  [
    'after it',
    { upgrade: trixie, device: undefined },
    ['wait until DRBD is in sync on M2', 'start heartbeat on M2', 'wait until both nodes hear each other', 'end the maintenance of M2'],
  ],
  ['at its end', { upgrade: trixie, heartbeat: true, stable: true }, ['end the maintenance of M2']],
])('an interrupted upgrade continues: %s', (_when, state, wanted) => {
  const broken = { ...marked, upgrading: true, heartbeat: false, stable: false, ...state }
  expect(steps(planned(membersOf(marked, broken), 'ha_release=trixie'))).toEqual(wanted)
})

test('a started node comes first, whichever node serves and whatever the turn', () => {
  const broken = { ...marked, upgrading: true, heartbeat: false, stable: false, upgrade: { ...trixie, bootNeeded: true } }
  expect(steps(planned(membersOf({ ...marked, upgrade: current }, broken), 'ha_release=trixie', 'upgrade_turn=other'))).toContain(
    'restart M2',
  )
})

test.each([
  ['no node serves', { vip: false, nfsd: 0 }, {}, /M2 is not taken out of service: M1 does not serve|M1 is not taken out/],
  [
    'the remaining node has no good copy',
    { device: device('Inconsistent') },
    {},
    /^M2 is not taken out of service: DRBD is Inconsistent on M1$/,
  ],
  [
    "an operator's own maintenance",
    { maintenance: 'M2' },
    { maintenance: 'M2', heartbeat: false },
    /^M2 is in maintenance: end that first/,
  ],
])('%s: refused, and nothing is marked', (_name, one, two, why) => {
  expect(planned(membersOf({ upgrade: old, ...one }, { upgrade: old, ...two }))).toEqual({
    kind: 'refused',
    why: expect.stringMatching(why),
  })
})

test('the active node is not upgraded when the other cannot take over', () => {
  const plan = planned(membersOf({ upgrade: old }, { device: device('Outdated') }), 'upgrade_turn=other')
  expect(plan).toEqual({ kind: 'refused', why: 'M1 is not taken out of service: DRBD is Outdated on M2' })
})

test('a DRBD built for one kernel is not carried into another release', () => {
  const archives = [{ kind: 'combined', source: '/d.tar.gz', sha256: '0'.repeat(64) }]
  const built = JSON.stringify({ drbd_build_method: 'source', drbd_build_archives: archives })
  const plan = planned(membersOf({}, {}), 'ha_release=trixie', built)
  expect(plan).toEqual({ kind: 'refused', why: expect.stringContaining('built from source') })
})

test('a system that cannot be upgraded is refused by name', () => {
  const procedure = upgrade.steps(contextOn(centos6, {}, 'ha_stack=article'))[0] as Procedure<NodeState>
  const members = membersOf({ upgrade: undefined }, { upgrade: undefined })
  expect(procedure.plan(members, 'M2', [])).toEqual({ kind: 'refused', why: 'CentOS 6 cannot be upgraded by this tool' })
})
