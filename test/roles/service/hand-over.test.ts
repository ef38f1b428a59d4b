import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import type { ClusterNodes } from '../../../lib/resources/resource.ts'
import { goStandby, handOver, handOverProblems, linkProblems, readService } from '../../../roles/service/hand-over.ts'
import { parseDaemon } from '../../../roles/service/state/daemon.ts'
import type { NamedState } from '../../../roles/service/state/state.ts'
import { recovery } from '../../../roles/split-brain/role.ts'
import { contextOn } from '../contexts.ts'
import { expectVerdict } from '../verdicts.ts'

const device = (text: string) => parseProcDrbd(` 0: cs:${text} C r-----\n    oos:0\n`).devices[0]
const node = (host: string, more: Partial<NamedState> = {}): NamedState => ({
  ...({} as NamedState),
  host,
  heartbeat: true,
  stable: true,
  links: ['em2 up', 'em3 up'],
  space: [{ mount: '/', used: 95, inodes: 6, short: false }],
  holders: [],
  device: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
  ...more,
})

test.each<[string, Partial<NamedState>, 'vip' | 'full', RegExp[]]>([
  ['no problem', {}, 'full', []],
  ['one link of two is enough', { links: ['em2 dead', 'em3 up'] }, 'full', []],
  ['no heartbeat on the target', { heartbeat: false, links: [] }, 'full', [/heartbeat does not run on M2/]],
  ['the target hears nothing', { links: ['em2 dead', 'em3 dead'] }, 'full', [/M2 does not hear its peer/]],
  ['a hand-over is in progress', { stable: false }, 'full', [/a hand-over is under way on M2/]],
  ['the target is short of space', { space: [{ mount: '/run', used: 100, inodes: 6, short: true }] }, 'full', [/\/run is full on M2/]],
  ['no device', { device: undefined }, 'full', [/DRBD is not there on M2/]],
  [
    'a target that is resynchronising',
    { device: device('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') },
    'full',
    [/DRBD is Inconsistent on M2/, /DRBD is SyncTarget on M2/],
  ],
  ['the address alone needs no device', { device: undefined }, 'vip', []],
])('handing over to M2: %s', (_name, target, stage, problems) => {
  const found = handOverProblems([node('M1'), node('M2', target)], 'M2', stage)
  expect(found).toHaveLength(problems.length)
  for (const [i, p] of problems.entries()) expect(found[i]).toMatch(p)
})

test('other users of the volume are reported before anything moves', () =>
  expect(handOverProblems([node('M1', { holders: ['mount /data/inner', 'process 12 (sh)'] }), node('M2')], 'M2', 'full')).toEqual([
    'M1: the volume is in use by mount /data/inner: end that first',
    'M1: the volume is in use by process 12 (sh): end that first',
  ]))

test('no hand-over to an unread node', () => expect(handOverProblems([node('M1')], 'M2', 'full')).toEqual(['M2 was not read']))

test.each([
  ['stopped', undefined, { running: false, newer: [] }],
  ['older file', 'file 900 /etc/ha.d/ha.cf\n', { running: true, newer: [] }],
  ['within the rounding', 'file 1002 /etc/ha.d/ha.cf\n', { running: true, newer: [] }],
  ['newer file', 'file 1003 /etc/ha.d/ha.cf\nfile 900 /x\n', { running: true, newer: ['/etc/ha.d/ha.cf'] }],
])('daemon compared with its files: %s', (_name, files, wanted) =>
  expect(parseDaemon(`now 1500.500000000 600.50\n${files === undefined ? '' : `ticks 10000\n${files}`}`)).toEqual(wanted),
)

test('a link that is down is reported', () => {
  expect(linkProblems([node('M1'), node('M2', { links: ['em2 dead', 'em3 up'] })])).toEqual(['M2 reports its link: em2 dead'])
})

const split = device('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown')
const serving = { vip: true, mounted: true, device: device('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }
test.each<[string, Partial<NamedState>, Partial<NamedState>, string | undefined, RegExp | number]>([
  ['nothing split', {}, {}, 'M2', 0],
  ['no victim named', serving, { device: split }, undefined, /Name that node: -e drbd_victim=<node> \(M1: StandAlone .*, serves; M2/],
  ['an unknown node', serving, { device: split }, 'M3', /Name that node/],
  ['the active node', serving, { device: split }, 'M1', /M1 serves: its clients would lose what they see/],
  ['the other', serving, { device: split }, 'M2', 1],
  [
    'only the victim is StandAlone',
    { ...serving, device: device('WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown') },
    { device: split },
    'M2',
    1,
  ],
  [
    'a survivor without good data',
    { device: device('StandAlone ro:Secondary/Unknown ds:Inconsistent/DUnknown') },
    { device: split },
    'M2',
    /M1 is Inconsistent: it has no good data to keep/,
  ],
])('recovery from split brain: %s', (_name, one, two, victim, wanted) => {
  expectVerdict(recovery([node('M1', one), node('M2', two)], victim), wanted)
})

test('its message stays in one piece in any shell, even with concurrent writers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-hand-over-'))
  const send = goStandby.replace('sh -c', 'bash -c').replace('/var/lib/heartbeat/fifo', `${folder}/fifo`)
  try {
    const seen = execFileSync(
      'sh',
      [
        '-c',
        `cd ${folder}; mkfifo fifo; cat fifo > seen & reader=$!
exec 9> fifo
for i in $(seq 40); do ${send} & senders="$senders $!"; done
wait $senders; exec 9>&-; wait $reader; cat seen`,
      ],
      { encoding: 'utf8', timeout: 60_000 },
    )
    expect(seen).toBe('>>>\nt=ask_resources\nrsc_hold=all\ninfo=me\n<<<\n'.repeat(40))
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)

test('nothing is moved on the basis of truncated output', async () => {
  const connection = {
    host: 'M1',
    run: async () => ({ code: 0, stdout: '@addr\n2: em1    inet 192.168.0.219/24 scope global em1\n', stderr: '' }),
  }
  const nodes = { hosts: ['M1'], on: () => ({ connection }) } as unknown as ClusterNodes
  await expect(readService(nodes, contextOn(debian12))).rejects.toThrow('M1 did not report the complete state of the service')
})

test.each<[string, string[], RegExp | undefined]>([
  ['both ends', [], undefined],
  ['the target did not start it', ['M2'], /did not come up on M2/],
  ['the old node still holds it', ['M1'], /M1 did not release the service/],
])('a hand-over is done when both nodes show it: %s', async (_name, failed, problem) => {
  const nodes = {
    on: (host: string) => ({
      $: async () => undefined,
      connection: { run: async () => ({ code: failed.includes(host) ? 1 : 0, stdout: '', stderr: '' }) },
    }),
    progress: () => undefined,
  } as unknown as ClusterNodes
  const done = handOver(nodes, 'M1', 'M2', contextOn(debian12).vars)
  await (problem ? expect(done).rejects.toThrow(problem) : expect(done).resolves.toBeUndefined())
})
