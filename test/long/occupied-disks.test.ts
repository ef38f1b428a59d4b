import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { notBlank } from '../../lib/resources/blank.ts'
import { chosenReleases } from '../lab/releases.ts'
import { nfshaPlay, on } from '../lab/run.ts'

/**
 * Everything that a disk may contain, and everything that may use it: not blank on either node, and the whole disk has the same sha256 afterwards. A few
 * kinds are also played with role drbd-init. NFSHA_TEST_LAB names a running lab with role drbd-build played; NFSHA_TEST_REPORTS a directory for the table.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `disks-${process.pid}`
const nodes = ['M1', 'M2'] as const
type Node = (typeof nodes)[number]

const MiB = 1048576
/** A loop device on each node: an emulated processor needs half a minute for the checksum of a disk of 64 MiB. */
const disk = '/dev/loop7'
const end = 16 * MiB
const variables = `drbd_disk=${disk} drbd_device=/dev/drbd5 drbd_resource=occupied drbd_port=7799`

interface Kind {
  what: string
  make: string
  undo?: string
  /** What the refusal names. */
  says: RegExp
  /** The same from the program alone, if the role reports more. */
  saysOfDevice?: RegExp
  /** Also played with the role in the shorter run. */
  played?: true
}

/** Writes bytes, in printf's notation, at an offset of the disk. */
const at = (offset: number, bytes: string): string => `printf '${bytes}' | dd of=$d bs=1 seek=${offset} conv=notrunc 2>/dev/null`
const bytes = (what: string, offset: number, text: string, says: RegExp): Kind => ({ what, make: at(offset, text), says })
const random = (offset: number, length: number): string =>
  `dd if=/dev/urandom of=$d bs=4k seek=${offset / 4096} count=${length / 4096} conv=notrunc 2>/dev/null`
const drbdmeta = 'drbdmeta --force 99 v08 $d internal'
const unmount = 'umount /run/nfsha-disk'

const kinds: Kind[] = [
  { what: 'ext2', make: 'mke2fs -q -t ext2 $d', says: /holds ext2/ },
  { what: 'ext3', make: 'mke2fs -q -t ext3 $d', says: /holds ext3/ },
  { what: 'ext4', make: 'mke2fs -q -t ext4 $d', says: /holds ext4/ },
  {
    what: 'ext4, first and last MiB zeroed',
    played: true,
    make: 'mke2fs -q -t ext4 -b 1024 $d; for s in 0 15; do dd if=/dev/zero of=$d bs=1M seek=$s count=1 conv=notrunc 2>/dev/null; done',
    says: /data at byte/,
  },
  bytes('a backup superblock of ext4 alone', 8 * MiB + 1024 + 56, '\\123\\357', /data at byte 8389688 /),
  bytes('XFS', 0, 'XFSB\\000\\000\\020\\000', /data at byte 0 .*XFS/),
  bytes('a secondary superblock of XFS alone', 4 * MiB, 'XFSB\\000\\000\\020\\000', /data at byte 4194304 .*XFS/),
  bytes('btrfs', 65536 + 64, '_BHRfS_M', /btrfs/),
  { what: 'swap that is not in use', make: 'mkswap -q $d', says: /holds swap/ },
  { what: 'swap in use', make: 'mkswap -q $d; swapon $d', undo: 'swapoff $d', says: /loop7 is swap in use/, played: true },
  {
    what: 'a partition',
    make: 'addpart $d 1 2048 8192; udevadm settle',
    undo: 'delpart $d 1',
    says: /it has a partition: loop7p1/,
  },
  bytes('a boot sector', 510, '\\125\\252', /data at byte 510 |holds dos/),
  bytes('the backup of a GPT alone', end - 512, 'EFI PART\\000\\000\\001\\000\\134\\000\\000\\000', /GUID partition table|gpt/),
  bytes('md 0.90', end - 65536, '\\374\\116\\053\\251', /md|linux_raid/),
  bytes('md 1.0', end - 8192, '\\374\\116\\053\\251', /md|linux_raid/),
  bytes('md 1.1', 0, '\\374\\116\\053\\251', /md|linux_raid/),
  bytes('md 1.2', 4096, '\\374\\116\\053\\251', /md|linux_raid/),
  bytes('a label of LVM', 512, 'LABELONE', /LVM/),
  bytes('LUKS', 0, 'LUKS\\272\\276\\000\\001', /LUKS/),
  bytes('the second header of LUKS2 alone', 16384, 'SKUL\\272\\276\\000\\002', /LUKS/),
  {
    what: 'DRBD with data of another pair',
    make: `(${drbdmeta} create-md; ${drbdmeta} set-gi A1B2C3D4E5F60710:0:0:0:1:1) >/dev/null 2>&1`,
    says: /drbd_adopt=M\d:\/dev\/loop7:A1B2C3D4E5F60710/,
    saysOfDevice: /it holds drbd/,
    played: true,
  },
  {
    what: 'DRBD just created over data',
    make: `${drbdmeta} create-md >/dev/null 2>&1; ${random(10 * MiB, 8192)}`,
    saysOfDevice: /it holds drbd/,
    says: /data at byte 1048/,
  },
  bytes('the last label of ZFS alone', end - 262144 + 131072, '\\014\\261\\272\\000', /data at byte 16646144 /),
  bytes('NTFS', 0, '\\353\\122\\220NTFS    ', /NTFS/),
  bytes('the backup boot sector of NTFS alone', end - 512, '\\353\\122\\220NTFS    ', /NTFS/),
  bytes('exFAT', 0, '\\353\\166\\220EXFAT   ', /exfat/i),
  bytes('ReiserFS', 65536 + 52, 'ReIsEr2Fs', /reiserfs/i),
  bytes('ISO 9660', 32768, '\\001CD001\\001', /iso9660|ISO 9660/),
  bytes('UDF', 32768 + 2048, '\\000NSR02\\001', /data at byte 3481/),
  bytes('GFS2', 65536, '\\001\\026\\031\\160', /GFS2|data at byte 65536 /i),
  bytes('OCFS2', 8192, 'OCFSV2', /ocfs/i),
  bytes('VMFS', MiB, '\\015\\320\\001\\300', /VMFS/),
  bytes('fake RAID (DDF)', end - 512, '\\336\\021\\336\\021', /ddf|data at byte 16776704 /i),
  bytes('fake RAID (Intel)', end - 1024, 'Intel Raid ISM Cfg Sig. 1.0.00', /isw|data at byte 16776192 /i),
  bytes('bcache', 4096 + 24, '\\306\\205\\163\\366\\116\\032\\105\\312\\202\\145\\365\\177\\110\\272\\155\\201', /bcache/),
  { what: '4 KiB in the middle', make: random(7 * MiB + 4096, 4096), says: /data at byte 734/ },
  { what: '5 MiB from 3 MiB on', make: random(3 * MiB, 5 * MiB), says: /data at byte 3145/ },
  bytes('the first byte', 0, 'x', /data at byte 0 /),
  bytes('the last byte', end - 1, 'x', /data at byte 16777215 /),
  {
    what: 'ext4, mounted',
    make: 'mke2fs -q -t ext4 $d; mkdir -p /run/nfsha-disk; mount -o ro $d /run/nfsha-disk',
    undo: unmount,
    says: /loop7 is mounted on \/run\/nfsha-disk/,
  },
  {
    what: 'ext4, mounted in another mount namespace',
    make: 'mke2fs -q -t ext4 $d; mkdir -p /run/nfsha-disk; setsid unshare -m sh -c "mount -o ro $d /run/nfsha-disk; exec sleep 3600" >/dev/null 2>&1 </dev/null & echo $! > /run/nfsha-user; until grep -qs " /run/nfsha-disk " /proc/$(cat /run/nfsha-user)/mounts; do sleep 0.2; done',
    undo: 'kill $(cat /run/nfsha-user); while [ -e /proc/$(cat /run/nfsha-user) ]; do sleep 0.2; done',
    says: /loop7 is mounted on \/run\/nfsha-disk \(as process \d+ sees it\)/,
  },
  {
    what: 'blank, below a loop device',
    make: 'losetup /dev/loop0 $d',
    undo: 'losetup -d /dev/loop0',
    says: /loop7 is below loop device loop0/,
  },
  {
    what: 'blank, below device-mapper',
    make: 'echo "0 32768 linear $d 0" | dmsetup create held',
    undo: 'dmsetup remove --retry held',
    says: /loop7 is part of dm-0 \(device-mapper held\)/,
  },
  {
    what: 'blank, open in a process',
    played: true,
    make: 'setsid sh -c "exec sleep 3600 < $d" >/dev/null 2>&1 & echo $! > /run/nfsha-user; until [ "$(readlink /proc/$(cat /run/nfsha-user)/fd/0)" = $d ]; do sleep 0.2; done',
    undo: 'kill $(cat /run/nfsha-user); while [ -e /proc/$(cat /run/nfsha-user) ]; do sleep 0.2; done',
    says: /loop7 is open in sleep \(process \d+\)/,
  },
  {
    what: 'blank, below another DRBD resource',
    make: `${drbdmeta} create-md >/dev/null 2>&1; modprobe drbd; drbdsetup new-resource other; drbdsetup new-minor other 9 0; drbdsetup attach 9 $d $d internal`,
    undo: 'drbdsetup down other',
    says: /loop7 is below DRBD resource other/,
  },
  { what: 'blank, read-only', make: 'blockdev --setro $d', undo: 'blockdev --setrw $d', says: /it is read-only/ },
]

const sum = 'sha256sum < $d | cut -c1-64'
const run = (node: Node, script: string) => on(lab, node, `d=${disk}; set -e; ${script}`, 900_000)
/** Makes the disk blank again, after removing everything that uses it. */
const undone = (kind: Kind | undefined) =>
  `${kind?.undo ?? ':'}; dd if=/dev/zero of=$d bs=1M count=16 oflag=direct 2>/dev/null; blockdev --flushbufs $d || :`
const made = (kind: Kind | undefined) => `${kind?.make}; sync; blockdev --flushbufs $d || :`

const rows: string[] = []

beforeAll(async () => {
  if (given === undefined) {
    await labUp({ name: lab, ephemeral: true, ...chosenReleases })
    const built = await nfshaPlay(lab, ['drbd-build'])
    expect(built.code, built.story).toBe(0)
  }
  await Promise.all(
    nodes.map(node =>
      on(lab, node, `modprobe loop max_part=8; truncate -s ${end} /run/nfsha-disk.img; losetup ${disk} /run/nfsha-disk.img`),
    ),
  )
})
afterAll(async () => {
  const report = process.env.NFSHA_TEST_REPORTS
  if (report) writeFileSync(join(report, 'occupied-disks.md'), `${rows.join('\n')}\n`)
  if (given !== undefined) await Promise.all(nodes.map(node => on(lab, node, `losetup -d ${disk}; rm /run/nfsha-disk.img`)))
  else await labDown({ name: lab, destroy: true })
})

test('at least 35 kinds', () => expect(kinds.length).toBeGreaterThanOrEqual(35))

// The program that the role's probe and its write guards run, on both nodes for every kind: one exec each.
test.each(kinds.map(kind => [kind.what, kind] as const))('%s: not blank on either node, and unchanged', async (what, kind) => {
  const script = `${notBlank}\n${made(kind)}; echo; ${sum}; r=$(not_blank $d 2>/dev/null); echo "$r"; ${sum}; ${undone(kind)}`
  const answers = await Promise.all(nodes.map(node => run(node, script)))
  for (const [i, answer] of answers.entries()) {
    const [before, reason = '', after] = answer.trim().split('\n').slice(-3)
    rows.push(`| ${what} | ${nodes[i]} | not blank | ${before === after ? 'unchanged' : 'CHANGED'} | ${reason.slice(0, 120)} |`)
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    expect(reason).toMatch(kind.saysOfDevice ?? kind.says)
    expect(after).toBe(before)
  }
})

// The role itself, from the command line: each node has another kind. NFSHA_LONG plays all of them, which takes more than an hour.
const played = kinds.flatMap((kind, i) =>
  process.env.NFSHA_LONG || kind.played ? [[kind, kinds[(i + 1) % kinds.length] ?? kind] as const] : [],
)
test.each(played.map(([one, two]) => [one.what, two.what, [one, two]] as const))(
  'role drbd-init, M1: %s; M2: %s',
  async (_one, _two, both) => {
    const before = await Promise.all(nodes.map((node, i) => run(node, `${made(both[i])}; echo; ${sum}`)))
    const play = await nfshaPlay(lab, ['drbd-init', '-e', variables])
    const after = await Promise.all(nodes.map((node, i) => run(node, `${sum}; ${undone(both[i])}`)))
    const refusal = play.events.find(e => e.type === 'task-end' && e.status === 'failed')
    const message = refusal?.type === 'task-end' ? (refusal.error?.message ?? '') : ''
    for (const [i, node] of nodes.entries()) {
      const line = message.split('\n').find(l => l.startsWith(`${node}: `)) ?? ''
      const [was, is] = [before[i]?.trim().split('\n').at(-1), after[i]?.trim().split('\n')[0]]
      rows.push(`| ${both[i]?.what} | ${node} | exit code ${play.code} | ${was === is ? 'unchanged' : 'CHANGED'} | ${line.slice(4, 160)} |`)
      expect(line, play.story).toMatch(both[i]?.says ?? /^$/)
      expect(was).toMatch(/^[0-9a-f]{64}$/)
      expect(is).toBe(was)
    }
    expect(play.code, play.story).toBe(3)
    expect(
      Object.values(play.recap).map(r => r.changed),
      play.story,
    ).toEqual([0, 0])
  },
)

test('the emptied disks are blank for the role', async () => {
  const check = await nfshaPlay(lab, ['drbd-init', '--check', '-e', variables])
  expect(check.story).not.toMatch(/not blank|in use|cannot be used/)
})
