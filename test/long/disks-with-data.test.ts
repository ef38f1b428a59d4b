import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { chosenReleases } from '../lab/releases.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'

/**
 * A pair built around the existing data of one server, and existing DRBD metadata on a disk (docs/disks.md). Checksums of all files before and after,
 * on both nodes. The tests build on each other. NFSHA_TEST_LAB names a running lab with role drbd-build played; both its disks are emptied.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `data-${process.pid}`
const nodes = ['M1', 'M2'] as const
const play = (...argv: string[]) => nfshaPlay(lab, ['drbd-init', ...argv])
const refused = (run: Played, says: RegExp) => {
  expect(run.code, run.story).toBe(3)
  expect(run.story).toMatch(says)
  expect(
    Object.values(run.recap).map(r => r.changed),
    run.story,
  ).toEqual([0, 0])
}
const good = (run: Played) => expect(run.code, run.story).toBe(0)
const emptied =
  'drbdadm down drbd 2>/dev/null; wipefs -qa /dev/vdb; blkdiscard -z /dev/vdb; rm -f /var/lib/nfsha-play/replica /var/lib/nfsha-play/served'
const sums = 'cd /mnt; find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum; cd /'
/** The checksums of a node's files, read as Primary. */
const sumsOf = async (node: 'M1' | 'M2') =>
  (await on(lab, node, `drbdadm primary drbd && mount /dev/drbd0 /mnt && { ${sums}; umount /mnt; drbdadm secondary drbd; }`, 600_000))
    .trim()
    .split('\n')
    .at(-1)

const copied = () =>
  until('UpToDate on both', async () => (await on(lab, 'M1', 'cat /proc/drbd')).includes('ds:UpToDate/UpToDate'), 1_200_000)

let uuid = ''
let before = ''

beforeAll(async () => {
  if (given === undefined) {
    await labUp({ name: lab, ephemeral: true, ...chosenReleases })
    good(await nfshaPlay(lab, ['drbd-build']))
  }
  await Promise.all(nodes.map(node => on(lab, node, emptied)))
  const made =
    'mke2fs -q -t ext4 -b 4096 /dev/vdb; mount /dev/vdb /mnt; cp -a /usr/share/zoneinfo /mnt/; dd if=/dev/urandom of=/mnt/random bs=1M count=20 2>/dev/null'
  before = (await on(lab, 'M1', `set -e; ${made}; ${sums}; umount /mnt`, 600_000)).trim().split('\n').at(-1) ?? ''
  uuid = (await on(lab, 'M1', 'blkid -o value -s UUID /dev/vdb')).trim()
})
afterAll(async () => {
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

test('without a confirmation both disks stay as they are', async () =>
  refused(await play(), /M1: \/dev\/vdb is not blank: it holds ext4 .*-e drbd_keep_data=M1:\/dev\/vdb:/))

test('a file system that fills the disk must be shrunk first, and the refusal names the size', async () => {
  const run = await play('-e', `drbd_keep_data=M1:/dev/vdb:${uuid}`)
  refused(run, /leaves no room/)
  const size = /resize2fs \/dev\/vdb (\d+K)/.exec(run.story)?.[1]
  await on(lab, 'M1', `e2fsck -fp /dev/vdb; resize2fs /dev/vdb ${size}`, 600_000)
})

test('a mounted file system is refused', async () => {
  await on(lab, 'M1', 'mount -t ext4 -o ro /dev/vdb /mnt')
  try {
    refused(await play('-e', `drbd_keep_data=M1:/dev/vdb:${uuid}`), /\/dev\/vdb is in use: vdb is mounted on \/mnt/)
  } finally {
    await on(lab, 'M1', 'umount /mnt')
  }
})

test('then the pair is built around the data: M1 is the source, whatever drbd_init_primary says, and both nodes have every file', async () => {
  good(await play('-e', `drbd_keep_data=M1:/dev/vdb:${uuid}`, '-e', 'drbd_init_primary=M2'))
  await copied()
  for (const node of ['M2', 'M1'] as const) expect(await sumsOf(node)).toBe(before)
  const again = await play()
  good(again)
  expect(
    Object.values(again.recap).map(r => r.changed),
    again.story,
  ).toEqual([0, 0])
})

test('the old disk of a reinstalled node is used only with a confirmation; the blank disk becomes a copy of it', async () => {
  await on(lab, 'M1', emptied)
  await on(lab, 'M2', 'drbdadm down drbd; rm -f /var/lib/nfsha-play/replica')
  const run = await play()
  refused(run, /M2: \/dev\/vdb holds DRBD metadata v08, current UUID [0-9A-F]{16}, .*which this node did not make\. Content: it holds ext4/)
  const word = /-e (drbd_adopt=M2:\/dev\/vdb:[0-9A-F]{16})/.exec(run.story)?.[1] ?? ''
  refused(await play('-e', `${word.slice(0, -2)}${word.endsWith('00') ? '10' : '00'}`), /does not match/)
  good(await play('-e', word))
  await copied()
  for (const node of nodes) expect(await sumsOf(node)).toBe(before)
})

test('a replica that is mounted without DRBD: the message says how to free it, and nothing writes to it', async () => {
  await on(lab, 'M2', 'drbdadm down drbd; mount -t ext4 -o ro,noload /dev/vdb /mnt')
  try {
    const run = await play()
    refused(
      run,
      /M2: \/dev\/vdb is this node's replica, and something else uses it: vdb is mounted on \/mnt\. Free it, then run again: umount \/mnt/,
    )
    expect(run.story).not.toMatch(/wipefs|blkdiscard|dd if/)
  } finally {
    await on(lab, 'M2', 'umount /mnt; drbdadm up drbd')
  }
})

test('the recommended command to empty a disk makes it blank', async () => {
  await Promise.all(nodes.map(node => on(lab, node, `${emptied}; mke2fs -q -t ext4 /dev/vdb`)))
  const run = await play()
  const advice = /empty the whole disk: (.*)$/m.exec(run.story)?.[1] ?? ''
  expect(advice).toMatch(/^wipefs -a \/dev\/vdb/)
  await Promise.all(nodes.map(node => on(lab, node, advice, 600_000)))
  const check = await play('--check')
  good(check)
  expect(check.story).not.toMatch(/not blank/)
})
