import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { swapScript } from '../../../roles/drbd-build/loaded.ts'
import { contextOn, sourceVariables } from '../contexts.ts'

// The script that replaces a kernel module, run by a real shell: /proc is a directory, and the programs record their calls.

const root = mkdtempSync(join(tmpdir(), 'nfsha-swap-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

const idle = 'version: 8.4.11 (api:1/proto:86-101)\n'
const device = (text: string, minor = 0) => `${idle} ${minor}: cs:${text} C r-----\n    ns:0 nr:0 oos:0\n`

interface Machine {
  drbd: string
  mounts?: string
  heartbeat?: string
  /** Modules other than the built one. */
  modules?: string[]
  /** Programs that fail. */
  failing?: string[]
  /** The built utilities do not know the resource yet. */
  unconfigured?: boolean
}

const swap = ({ drbd, mounts = '', heartbeat = 'inactive', modules = [], failing = [], unconfigured = false }: Machine) => {
  const folder = join(root, String(count++))
  for (const name of ['proc', 'bin', 'prefix/sbin', 'modules/6.1.0/kernel/drivers/block/drbd', 'modules/6.1.0/updates'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'proc/drbd'), drbd)
  writeFileSync(join(folder, 'proc/mounts'), mounts)
  for (const path of modules) writeFileSync(join(folder, path), '')
  const program = (path: string, fails: boolean) =>
    writeFileSync(join(folder, path), `#!/bin/sh\necho "\${0##*/} $*" >> ${folder}/calls\nexit ${fails ? 1 : 0}\n`, { mode: 0o755 })
  for (const name of ['rmmod', 'modprobe', 'insmod', 'drbdsetup', 'drbdadm', 'sleep']) program(`bin/${name}`, failing.includes(name))
  program('prefix/sbin/drbdadm', unconfigured)
  writeFileSync(join(folder, 'bin/systemctl'), `#!/bin/sh\necho ${heartbeat}\n`, { mode: 0o755 })
  const context = contextOn(debian12, { kernel: '6.1.0' }, sourceVariables('combined'), `drbd_build_prefix=${folder}/prefix`)
  const script = swapScript(context)
    .replaceAll('/proc/', `${folder}/proc/`)
    .replaceAll('/lib/modules/', `${folder}/modules/`)
    .replaceAll('/usr/sbin/drbdadm', `${folder}/bin/drbdadm`)
    .replace(':/usr/sbin:', `:${folder}/bin:/usr/sbin:`)
  const run = spawnSync('sh', [], { input: script })
  let calls = ''
  try {
    calls = readFileSync(join(folder, 'calls'), 'utf8').replaceAll(folder, '')
  } catch {
    // nothing was called
  }
  return { code: run.status, said: run.stderr.toString(), calls: calls.split('\n').filter(c => c !== '') }
}

const whole = ['drbdsetup down drbd', 'rmmod drbd', 'modprobe drbd', 'drbdadm adjust drbd']

test.each<[string, Machine, string[]]>([
  ['idle', { drbd: idle }, ['rmmod drbd', 'modprobe drbd']],
  ['idle, though heartbeat runs', { drbd: idle, heartbeat: 'active' }, ['rmmod drbd', 'modprobe drbd']],
  ['unconfigured', { drbd: `${idle} 0: cs:Unconfigured\n` }, ['rmmod drbd', 'modprobe drbd']],
  ['drained, the peer serves', { drbd: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate') }, whole],
  ['drained, nobody serves', { drbd: device('Connected ro:Secondary/Secondary ds:UpToDate/UpToDate') }, whole],
  ['drained, the peer is away', { drbd: device('WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown') }, whole],
])('%s: swapped', (_name, machine, wanted) => expect(swap(machine)).toEqual({ code: 0, said: '', calls: wanted }))

test.each<[string, Machine, RegExp]>([
  ['a holder', { drbd: device('Connected ro:Primary/Secondary ds:UpToDate/UpToDate') }, /in use: .*ro:Primary/],
  [
    'a standby with heartbeat',
    { drbd: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'), heartbeat: 'active' },
    /heartbeat runs/,
  ],
  [
    'a node whose heartbeat is just starting',
    { drbd: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'), heartbeat: 'activating' },
    /heartbeat runs/,
  ],
  ['a mounted device', { drbd: idle, mounts: '/dev/drbd0 /data ext4 rw 0 0\n' }, /a DRBD device is mounted/],
  ['the disk of a diskless peer', { drbd: device('Connected ro:Secondary/Primary ds:UpToDate/Diskless') }, /in use: .*Diskless/],
  ['the source of a synchronisation', { drbd: device('SyncSource ro:Secondary/Primary ds:UpToDate/Inconsistent') }, /in use/],
  ['another device', { drbd: device('Connected ro:Secondary/Secondary ds:UpToDate/UpToDate', 10) }, /in use/],
  [
    'two devices',
    {
      drbd: `${device('Connected ro:Secondary/Secondary ds:UpToDate/UpToDate')} 1: cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate C r-----\n`,
    },
    /in use/,
  ],
])('%s: refused, and nothing is called', (_name, machine, message) => {
  const { code, said, calls } = swap(machine)
  expect({ code, calls }).toEqual({ code: 1, calls: [] })
  expect(said).toMatch(message)
})

const drained = { drbd: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate') }

test('a module that something else holds stays, and the resource comes back', () => {
  const { code, calls } = swap({ ...drained, failing: ['rmmod'] })
  expect(code).toBe(1)
  expect(calls.filter(call => !call.startsWith('sleep'))).toEqual([
    'drbdsetup down drbd',
    ...Array(5).fill('rmmod drbd'),
    'drbdadm adjust drbd',
  ])
})

const distributions = '/modules/6.1.0/kernel/drivers/block/drbd/drbd.ko'
const earlier = '/modules/6.1.0/updates/drbd.ko.replaced'

test.each([
  ['the module that it replaced', [earlier, distributions], earlier],
  ["the distribution's", [distributions], distributions],
])('when the kernel refuses the module, %s is loaded', (_name, modules, expected) => {
  const { code, said, calls } = swap({ ...drained, failing: ['modprobe'], modules })
  expect(code).toBe(1)
  expect(said.replaceAll(root, '')).toMatch(/the kernel refuses the module that was built\n\S*drbd.ko\S* is loaded instead/)
  expect(calls).toEqual([...whole.slice(0, 3), `insmod ${expected} usermode_helper=/prefix/sbin/drbdadm`, 'drbdadm adjust drbd'])
})

test.each([
  ['there is none', {}],
  ['it is also refused', { modules: [distributions], failing: ['modprobe', 'insmod'] }],
])('no other module is reported as loaded when %s', (_name, machine) => {
  const { code, said } = swap({ ...drained, failing: ['modprobe'], modules: [], ...machine })
  expect(code).toBe(1)
  expect(said).toMatch(/refuses the module that was built\nno module drbd is loaded now, and drbd is down/)
})

test('utilities that do not know the resource yet are skipped', () =>
  expect(swap({ ...drained, unconfigured: true }).calls).toEqual([...whole, 'drbdadm adjust drbd']))

test('a resource that cannot be brought back is reported', () => {
  const { code, said } = swap({ ...drained, unconfigured: true, failing: ['drbdadm'] })
  expect(code).toBe(1)
  expect(said).toMatch(/the resource drbd is down: run nfsha-play drbd-init/)
})
