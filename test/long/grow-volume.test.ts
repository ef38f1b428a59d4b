import { expect, test } from 'vitest'
import { labFault } from '../../lib/lab/index.ts'
import { killedInStep } from '../lab/killed.ts'
import { nfshaPlay, on } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab, type Node, onVolumes, other } from './converged.ts'

/** Logical volumes that grow on a serving pair: 130 MiB, then 160 in the group as it is, then 400 on disks that grew. The tests build on each other. */
const { lab, holder, whole } = convergedLab('grow-volume', onVolumes('130M'))
const MiB = 2 ** 20
const nodes = ['M1', 'M2'] as const

const volume = async (node: Node) => Number(await on(lab, node, 'blockdev --getsize64 /dev/vg/nfs')) / MiB
const device = async (node: Node) => Math.floor((Number(await on(lab, node, 'cat /sys/block/drbd0/size')) * 512) / MiB)
/** Size of the file system in MiB, from its superblock. */
const fileSystem = async (node: Node) =>
  Math.floor((Number(await on(lab, node, "dumpe2fs -h /dev/drbd0 2>/dev/null | sed -n 's/^Block count: *//p'")) * 4096) / MiB)
const plays = async (argv: string[], code: number) => {
  const run = await nfshaPlay(lab, argv)
  expect(run.code, run.story).toBe(code)
  return run
}
const changes = (recap: Record<string, { changed: number }>) => Object.values(recap).reduce((sum, r) => sum + r.changed, 0)

test('site.yml refuses a larger size and names grow.yml; its check shows the plan, the standby’s volume first', async () => {
  const larger = onVolumes('160M')
  const serving = await holder()
  for (const argv of [['site.yml', '--check'], ['site.yml']]) {
    const run = await plays([...argv, ...larger], 3)
    expect(run.story).toContain('nfsha-play grow.yml')
    expect(changes(run.recap)).toBe(0)
  }
  const check = await plays(['grow.yml', '--check', ...larger], 0)
  expect(
    check.events.flatMap(e => (e.type === 'task-end' && e.role === 'grow' && e.host === 'M1' ? e.changes.map(c => c.attribute) : [])),
  ).toEqual([`vg/nfs on ${other(serving)}`, `vg/nfs on ${serving}`, '/dev/drbd0', `new space on ${other(serving)}`, 'file system of /data'])
  for (const node of nodes) expect(await volume(node)).toBe(132)
})

test('the run is killed while the active node’s volume is extended, and the same command finishes it while clients write', async () => {
  const larger = onVolumes('160M')
  const serving = await holder()
  const impact = await underWork(
    lab,
    'grow-volume',
    async () => {
      await killedInStep(lab, ['grow.yml', ...larger], `lvextend on ${serving}`)
      await plays(['grow.yml', ...larger], 0)
    },
    async () => serving,
  )
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  console.log(`longest waits, ms: ${JSON.stringify(impact.stall)}`)
  for (const node of nodes) {
    expect(await volume(node)).toBe(160)
    expect(await device(node)).toBe(159)
  }
  expect(await fileSystem(serving)).toBe(159)
  for (const argv of ['grow.yml', 'site.yml']) expect(changes((await plays([argv, ...larger], 0)).recap)).toBe(0)
})

test('a size that the volume group cannot hold is refused; after both disks have grown, the group is extended first', async () => {
  const larger = onVolumes('400M')
  const serving = await holder()
  const refused = await plays(['grow.yml', ...larger], 3)
  expect(refused.story).toMatch(/\bvg\b/)
  expect(changes(refused.recap)).toBe(0)
  for (const node of nodes) {
    await labFault(lab, node, 'disk-grow', 'vdb+128')
    expect(await volume(node)).toBe(160)
  }
  await plays(['grow.yml', ...larger], 0)
  for (const node of nodes) expect(await volume(node)).toBe(400)
  expect(await fileSystem(serving)).toBe(399)
  await plays(['switchover', ...larger], 0)
  expect(await holder()).toBe(other(serving))
  await plays(['verify.yml', ...larger], 0)
  await whole()
})
