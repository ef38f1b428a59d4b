import { expect, test } from 'vitest'
import { labFault } from '../../lib/lab/index.ts'
import { killedInStep } from '../lab/killed.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab, type Node, other } from './converged.ts'

/** Disks that grow on a serving pair: 320 MiB, then 384, then 416. The tests build on each other. */
const { lab, good, holder, whole } = convergedLab('grow')
const MiB = 2 ** 20

const enlarge = (node: Node, mib: number) => labFault(lab, node, 'disk-grow', `vdb+${mib}`)
const device = async (node: Node) => Number(await on(lab, node, 'cat /sys/block/drbd0/size')) * 512
/** Size of the file system in bytes, from its superblock. */
const fileSystem = async (node: Node) =>
  Number(await on(lab, node, "dumpe2fs -h /dev/drbd0 2>/dev/null | sed -n 's/^Block count: *//p'")) * 4096
const drbd = (node: Node) => on(lab, node, 'cat /proc/drbd')
/** Where the clients' state is, and that it is mounted; when nfsd and heartbeat were started. */
const untouched = (node: Node) =>
  on(
    lab,
    node,
    "debugfs -R 'stat <5>' /dev/drbd0 2>/dev/null | tail -n 1; grep ' /run/nfsha/state ' /proc/mounts; losetup -a; cut -d' ' -f22 /proc/$(pgrep -ox nfsd)/stat; cat /etc/ha.d/haresources /etc/drbd.d/drbd.res | sha256sum",
  )
const changed = (recap: Record<string, { changed: number }>) => Object.values(recap).map(r => r.changed)

test('if nothing was enlarged, all sizes are shown and nothing is done', async () => {
  const run = await good('grow.yml')
  expect(changed(run.recap)).toEqual([0, 0])
  expect(run.events.flatMap(e => (e.type === 'table' ? [e.title] : []))).toEqual(['nfs: nothing has been enlarged'])
})

test('if only the standby’s disk was enlarged, it is reported with the difference, and nothing is changed', async () => {
  const serving = await holder()
  await enlarge(other(serving), 64)
  for (const argv of [['grow.yml', '--check'], ['grow.yml']]) {
    const run = await nfshaPlay(lab, argv)
    expect(run.code, run.story).toBe(3)
    expect(run.story).toContain(`the smaller disk, /dev/vdb of ${serving}: it has 320 MiB`)
    expect(run.story).toContain('Enlarge it by 64 MiB (67108864 bytes)')
    expect(changed(run.recap)).toEqual([0, 0])
  }
})

test('if both were enlarged, a check shows the plan; after a kill during the copy, the same command finishes it while clients write', async () => {
  const serving = await holder()
  await enlarge(serving, 64)
  const check = await good('grow.yml', '--check')
  expect(
    check.events.flatMap(e => (e.type === 'task-end' && e.role === 'grow' && e.host === 'M1' ? e.changes.map(c => c.attribute) : [])),
  ).toEqual(['/dev/drbd0', `new space on ${other(serving)}`, 'file system of /data'])
  const before = { untouched: await untouched(serving), fileSystem: await fileSystem(serving) }
  const impact = await underWork(
    lab,
    'grow',
    async () => {
      await killedInStep(lab, ['grow.yml'], 'DRBD synchronisation')
      expect(await device(serving)).toBeGreaterThan(383 * MiB)
      expect(await fileSystem(serving)).toBe(before.fileSystem)
      await good('grow.yml')
    },
    async () => serving,
  )
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  for (const node of ['M1', 'M2'] as const) expect(await device(node)).toBe(402604032)
  expect(await fileSystem(serving)).toBe(402604032)
  expect(await untouched(serving)).toBe(before.untouched)
  expect(await drbd(serving)).toMatch(/cs:Connected .* ds:UpToDate\/UpToDate [\s\S]* oos:0/)
  await whole()
  console.log(`longest waits, ms: ${JSON.stringify(impact.stall)}`)
})

test('a second run changes nothing, and neither does site.yml', async () => {
  expect(changed((await good('grow.yml')).recap)).toEqual([0, 0])
  expect(changed((await good('drbd-init')).recap)).toEqual([0, 0])
})

test('the other node serves the larger file system, and both copies are identical', async () => {
  const serving = await holder()
  await good('switchover')
  expect(await holder()).toBe(other(serving))
  expect(await fileSystem(other(serving))).toBe(402604032)
  await good('verify.yml')
})

test('a node that restarts after its disk was enlarged comes back, and then both grow without a copy if requested', async () => {
  const serving = await holder()
  const standby = other(serving)
  await enlarge(standby, 32)
  await on(lab, standby, 'systemctl stop heartbeat; systemctl restart nfsha-drbd; systemctl start heartbeat')
  await whole()
  expect(await device(standby)).toBe(402604032)
  await enlarge(serving, 32)
  const run = await good('grow.yml', '-e', 'drbd_grow_assume_clean=true')
  expect(run.story).not.toContain('new space')
  await until('both have grown', async () => (await device(standby)) === (await device(serving)), 60_000)
  expect(await device(serving)).toBeGreaterThan(415 * MiB)
  expect(await fileSystem(serving)).toBeGreaterThan(400 * MiB)
  expect(await drbd(serving)).toMatch(/cs:Connected .* ds:UpToDate\/UpToDate [\s\S]* oos:0/)
  await whole()
})
