import { expect, test } from 'vitest'
import { labFault, labReady, labReplace } from '../../lib/lab/index.ts'
import { killedAfter } from '../lab/killed.ts'
import { nfshaPlay, on } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab, type Node, other } from './converged.ts'

/** A node is lost for good, and a new machine replaces it: M2, then M1, while clients write. */
const { lab, good, holder, whole } = convergedLab('replace')

const lost = async (node: Node, drbdDiskMiB?: number) => {
  await labFault(lab, node, 'power-off')
  await labReplace(lab, node, { ...(drbdDiskMiB !== undefined && { drbdDiskMiB }) })
  await labFault(lab, node, 'power-on')
  await labReady(lab, node, 600_000)
}
const served = async (node: Node) =>
  on(
    lab,
    node,
    "cut -d' ' -f22 /proc/$(pgrep -ox nfsd)/stat; cat /etc/ha.d/haresources /etc/drbd.d/drbd.res | sha256sum; stat -c %Y /etc/drbd.d/drbd.res",
  )
const replaced = (node: Node) => ['replace-node.yml', '-e', `ha_replace=${node}`]

test('a disk that is too small and one with data are refused before anything is changed', async () => {
  const node = other(await holder())
  await lost(node, 200)
  const small = await nfshaPlay(lab, replaced(node))
  expect(small.code, small.story).toBe(3)
  expect(small.story).toMatch(new RegExp(`/dev/vdb of ${node} is too small`))
  await lost(node)
  await on(lab, node, 'mke2fs -q -t ext4 /dev/vdb')
  for (const argv of [[...replaced(node), '--check'], replaced(node)]) {
    const run = await nfshaPlay(lab, argv)
    expect(run.code, run.story).toBe(3)
    expect(run.story).toMatch(new RegExp(`disk of ${node}: failed ${node}: /dev/vdb is not blank: it holds ext4`))
    expect(Object.values(run.recap).map(r => r.changed)).toEqual([0, 0])
  }
  await on(lab, node, 'wipefs -qa /dev/vdb; blkdiscard -z /dev/vdb')
})

test('the active node is not replaced', async () => {
  const node = await holder()
  const run = await nfshaPlay(lab, replaced(node))
  expect(run.code, run.story).toBe(3)
  expect(run.story).toMatch(new RegExp(`${node} holds the service, or part of it`))
})

test.each(['standby', 'the other one, after a switchover'])(
  '%s: a bare machine becomes a full member, broken off half way and played again',
  async which => {
    const serving = await holder()
    const node = other(serving)
    if (which !== 'standby') await lost(node)
    const before = await served(serving)
    const {
      errors,
      lost: records,
      torn,
      lockKept,
    } = await underWork(
      lab,
      `replace-${node}`,
      async () => {
        await killedAfter(lab, replaced(node), 'DRBD metadata drbd')
        await good(...replaced(node))
      },
      async () => serving,
    )
    expect({ errors, records, torn, lockKept }).toEqual({ errors: [], records: 0, torn: 0, lockKept: true })
    expect(await served(serving)).toBe(before)
    await whole()
    const again = await good(...replaced(node))
    expect(Object.values(again.recap).map(r => r.changed)).toEqual([0, 0])
    await good('switchover')
    expect(await holder()).toBe(node)
  },
)
