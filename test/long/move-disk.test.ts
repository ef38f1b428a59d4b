import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { labFault } from '../../lib/lab/index.ts'
import { killedAfter } from '../lab/killed.ts'
import { nfshaPlay, on } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab, type Node, other } from './converged.ts'

/** The standby's replica moves from vdb to vdc (64 MiB, until it is enlarged) while a client writes. The tests build on each other. */
const { lab, good, holder, whole } = convergedLab('move-disk')

const folder = mkdtempSync(join(tmpdir(), 'nfsha-move-'))
afterAll(() => rmSync(folder, { recursive: true }))
/** The inventory after the operator's change: another disk for this node alone. */
const declared = (node: Node, disk: string): string[] => {
  const file = join(folder, `${node}.yml`)
  writeFileSync(file, `all:\n  hosts:\n    ${node}:\n      drbd_disk: ${disk}\n`)
  return ['-i', file]
}
const moved = (node: Node, ...extra: string[]) => ['move-disk.yml', '-e', `ha_move_disk=${node}`, ...declared(node, '/dev/vdc'), ...extra]
const attached = (node: Node) => on(lab, node, 'drbdsetup show drbd | sed -n \'s/^ *disk[[:space:]]*"\\(.*\\)";$/\\1/p\'')
const served = (node: Node) => on(lab, node, "cut -d' ' -f22 /proc/$(pgrep -ox nfsd)/stat; cat /etc/ha.d/haresources | sha256sum")
const refused = async (argv: string[], says: RegExp) => {
  for (const extra of [['--check'], []]) {
    const run = await nfshaPlay(lab, [...argv, ...extra])
    expect(run.code, run.story).toBe(3)
    expect(run.story).toMatch(says)
    expect(Object.values(run.recap).map(r => r.changed)).toEqual([0, 0])
  }
}

test('the active node, a disk that is too small and one with data are refused before anything is changed', async () => {
  const serving = await holder()
  const standby = other(serving)
  await refused(moved(serving), new RegExp(`too small|${serving} holds the service`))
  await refused(moved(standby), new RegExp(`/dev/vdc of ${standby} is too small`))
  for (const node of ['M1', 'M2'] as const) await labFault(lab, node, 'disk-grow', 'vdc+448')
  await refused(moved(serving), new RegExp(`${serving} holds the service, or part of it: nfsha-play switchover first`))
  await on(lab, standby, 'mke2fs -q -t ext4 /dev/vdc')
  await refused(moved(standby), new RegExp(`${standby}: /dev/vdc is not blank: it holds ext4`))
  await on(lab, standby, 'wipefs -qa /dev/vdc; blkdiscard -z /dev/vdc')
  expect(await attached(standby)).toBe('/dev/vdb')
})

test('a plain run refuses the other disk, and names the playbook', async () => {
  const standby = other(await holder())
  const run = await nfshaPlay(lab, ['drbd-init', ...declared(standby, '/dev/vdc')])
  expect(run.code, run.story).toBe(3)
  expect(run.story).toContain(`nfsha-play move-disk.yml -e ha_move_disk=${standby}`)
})

test('a check shows the plan; interrupted twice and played again, the new disk is a full copy, and clients notice nothing', async () => {
  const serving = await holder()
  const standby = other(serving)
  const check = await good(...moved(standby, '--check'))
  expect(check.events.flatMap(e => (e.type === 'task-end' && e.status === 'changed' ? e.changes.map(c => c.attribute) : []))).toContain(
    `disk of ${standby}`,
  )
  expect(await attached(standby)).toBe('/dev/vdb')
  const before = await served(serving)
  const impact = await underWork(
    lab,
    'move-disk',
    async () => {
      await killedAfter(lab, moved(standby), `old disk of ${standby} detached`)
      expect(await attached(standby)).toBe('')
      await killedAfter(lab, moved(standby), 'DRBD metadata drbd')
      await good(...moved(standby))
    },
    async () => serving,
  )
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await attached(standby)).toBe('/dev/vdc')
  expect(await served(serving)).toBe(before)
  await whole()
  console.log(`longest waits, ms: ${JSON.stringify(impact.stall)}`)
})

test('a second run changes nothing; the old disk has kept its copy', async () => {
  const standby = other(await holder())
  expect(Object.values((await good(...moved(standby))).recap).map(r => r.changed)).toEqual([0, 0])
  expect(await on(lab, standby, 'wipefs -n /dev/vdb')).toMatch(/drbd/)
})

test('the node serves from its new disk', async () => {
  const serving = await holder()
  await good('switchover', ...declared(other(serving), '/dev/vdc'))
  expect(await holder()).toBe(other(serving))
})
