import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { type Judgement, judgeDisk, notBlank, parseJudgement } from '../../../lib/resources/blank.ts'
import { type LoopDisk, loopDisk, loopsWork } from './loop.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})
const disk = (bytes: number): LoopDisk => {
  const made = loopDisk(bytes)
  ends.push(made.end)
  return made
}

/** The output of the program, run by sh as on a node. The environment is that of a batch of probes. */
const judge = (device: string, words = ''): Promise<Judgement & { code: number; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
    const child = execFile('sh', ['-s'], { env }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
      if (code === -1) reject(error)
      else resolve({ ...parseJudgement(stdout), code, stdout, stderr })
    })
    child.stdin?.end(`${judgeDisk}\njudge_disk ${device} ${words}`)
  })

const reasons = ({ against }: Judgement): string => against.map(r => `${r.class}: ${r.text}`).join('\n')
const has = (tool: string): boolean => spawnSync('sh', ['-c', `PATH=/usr/sbin:/sbin:$PATH; command -v ${tool}`]).status === 0

/** Writes a string of bytes (printf's notation) at an offset. */
const at = (offset: number | string, bytes: string): string =>
  `printf '${bytes}' | dd of=$d bs=1 seek=$((${offset})) conv=notrunc 2>/dev/null`
const random = (offset: number, length: number): string =>
  `dd if=/dev/urandom of=$d bs=4k seek=${offset / 4096} count=${Math.ceil(length / 4096)} conv=notrunc 2>/dev/null`
/** Zeroes the first and the last MiB. */
const endsGone =
  'n=$(blockdev --getsize64 $d); dd if=/dev/zero of=$d bs=1M count=1 conv=notrunc 2>/dev/null; dd if=/dev/zero of=$d bs=1M seek=$((n / 1048576 - 1)) count=1 conv=notrunc 2>/dev/null'
const drbdmeta = 'drbdmeta --force 99 v08 $d internal'

interface Content {
  what: string
  size?: number
  tool?: string
  write: string
  /** The expected reason. */
  says: RegExp
}

const contents: Content[] = [
  { what: 'one byte in the middle', size: 64 * MiB, write: at('31 * 1048576 + 12345', 'x'), says: /data at byte 32518201 of 67108864/ },
  { what: 'the first byte', write: at(0, 'x'), says: /data at byte 0/ },
  { what: 'the last byte', write: at('64 * 1048576 - 1', 'x'), says: /data at byte 67108863/ },
  { what: '4 KiB in the middle of 128 MiB', size: 128 * MiB, write: random(77 * MiB, 4096), says: /data at byte 807\d{5} / },
  { what: 'only 20 MiB starting at 10 MiB', size: 320 * MiB, write: random(10 * MiB, 20 * MiB), says: /data at byte 1048576/ },
  {
    what: 'a byte at the end of a device whose size is not a multiple of 4 KiB',
    size: 64 * MiB + 512 * 3,
    write: at('64 * 1048576 + 1500', 'x'),
    says: /data at byte 67110364/,
  },
  {
    what: '20 MiB in the middle of 2 GiB',
    size: 2 * GiB,
    write: random(1.3 * GiB - ((1.3 * GiB) % 4096), 20 * MiB),
    says: /data at byte 1[34]\d{8} of/,
  },
  { what: 'ext2', tool: 'mke2fs', write: 'mke2fs -q -t ext2 $d', says: /holds ext2/ },
  { what: 'ext3', tool: 'mke2fs', write: 'mke2fs -q -t ext3 $d', says: /holds ext3/ },
  { what: 'ext4', tool: 'mke2fs', write: 'mke2fs -q -t ext4 -L books $d', says: /holds ext4 with the label books/ },
  {
    what: 'ext4, first and last MiB zeroed (4K blocks)',
    size: 320 * MiB,
    tool: 'mke2fs',
    write: `mke2fs -q -t ext4 -b 4096 $d; ${endsGone}`,
    says: /data at byte/,
  },
  {
    what: 'ext4, first and last MiB zeroed (1K blocks)',
    tool: 'mke2fs',
    write: `mke2fs -q -t ext4 -b 1024 $d; ${endsGone}`,
    says: /data at byte/,
  },
  {
    what: 'only a backup superblock of ext4',
    size: 2 * GiB,
    tool: 'mke2fs',
    write: 'mke2fs -q -t ext4 -b 4096 $f.fs 1G; dd if=$f.fs of=$d bs=4096 skip=32768 seek=32768 count=1 conv=notrunc 2>/dev/null',
    says: /data at byte 13421.*looks like a superblock of ext2, ext3 or ext4/,
  },
  { what: 'xfs', size: 320 * MiB, tool: 'mkfs.xfs', write: 'mkfs.xfs -q -f $d', says: /holds xfs/ },
  {
    what: 'xfs, first MiB zeroed',
    size: 320 * MiB,
    tool: 'mkfs.xfs',
    write: 'mkfs.xfs -q -f $d; dd if=/dev/zero of=$d bs=1M count=1 conv=notrunc 2>/dev/null',
    says: /data at byte/,
  },
  {
    what: 'only a secondary superblock of xfs',
    size: 4 * GiB,
    tool: 'mkfs.xfs',
    write: 'mkfs.xfs -q -f -d file,name=$f.fs,size=4g; dd if=$f.fs of=$d bs=4096 skip=524288 seek=524288 count=1 conv=notrunc 2>/dev/null',
    says: /data at byte 2147483648 .*superblock of XFS/,
  },
  { what: 'btrfs', size: 320 * MiB, tool: 'mkfs.btrfs', write: 'mkfs.btrfs -q -f $d', says: /holds btrfs/ },
  {
    what: 'only the mirror of btrfs at 64 MiB',
    size: 2 * GiB,
    tool: 'mkfs.btrfs',
    write:
      'truncate -s 320M $f.fs; mkfs.btrfs -q -f $f.fs; dd if=$f.fs of=$d bs=4096 skip=16384 seek=16384 count=1 conv=notrunc 2>/dev/null',
    says: /data at byte 67108/,
  },
  { what: 'swap that is not in use', tool: 'mkswap', write: 'mkswap -q $d', says: /holds swap/ },
  { what: 'minix', tool: 'mkfs.minix', write: 'mkfs.minix $d', says: /holds minix/ },
  { what: 'bfs', tool: 'mkfs.bfs', write: 'mkfs.bfs $d', says: /holds bfs/ },
  {
    what: 'LUKS1',
    tool: 'cryptsetup',
    write: 'echo secret | cryptsetup -q luksFormat --type luks1 --iter-time 1 --use-urandom $d -',
    says: /holds crypto_LUKS/,
  },
  {
    what: 'LUKS2',
    tool: 'cryptsetup',
    write: 'echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --iter-time 1 $d -',
    says: /holds crypto_LUKS/,
  },
  {
    what: 'only the second header of LUKS2',
    tool: 'cryptsetup',
    write:
      'echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --iter-time 1 $d -; dd if=/dev/zero of=$d bs=16k count=1 conv=notrunc 2>/dev/null',
    says: /second header of LUKS|holds crypto_LUKS/,
  },
  { what: 'md 0.90', write: at('(64 - 0) * 1048576 - 65536', '\\374\\116\\053\\251'), says: /superblock of md|linux_raid/ },
  { what: 'md 1.0', write: at('64 * 1048576 - 8192', '\\374\\116\\053\\251'), says: /superblock of md|linux_raid/ },
  { what: 'md 1.1', write: at('0', '\\374\\116\\053\\251'), says: /superblock of md|linux_raid/ },
  { what: 'md 1.2', write: at('4096', '\\374\\116\\053\\251'), says: /superblock of md|linux_raid/ },
  { what: 'DRBD metadata just created', tool: 'drbdmeta', write: `${drbdmeta} create-md >/dev/null 2>&1`, says: /holds drbd/ },
  {
    what: 'DRBD metadata with data',
    tool: 'drbdmeta',
    write: `${drbdmeta} create-md >/dev/null 2>&1; ${drbdmeta} set-gi A1B2C3D4E5F60710:0:0:0:1:1 >/dev/null 2>&1`,
    says: /holds drbd/,
  },
  {
    what: 'a partition table (MBR)',
    write: `${at(510, '\\125\\252')}; ${at(446, '\\000\\000\\000\\000\\203\\000\\000\\000\\000\\010\\000\\000\\000\\370\\001\\000')}`,
    says: /holds dos/,
  },
  {
    what: 'only the backup of a GPT',
    write: at('64 * 1048576 - 512', 'EFI PART\\000\\000\\001\\000\\134\\000\\000\\000'),
    says: /GUID partition table|gpt/,
  },
  { what: 'an empty boot sector', write: at(510, '\\125\\252'), says: /data at byte 510|holds dos/ },
  { what: 'NTFS', write: at(0, '\\353\\122\\220NTFS    '), says: /boot sector of NTFS/ },
  { what: 'the backup boot sector of NTFS', write: at('64 * 1048576 - 512', '\\353\\122\\220NTFS    '), says: /boot sector of NTFS/ },
  { what: 'exFAT', write: at(0, '\\353\\166\\220EXFAT   '), says: /exfat/i },
  { what: 'ZFS, the last label', write: at('64 * 1048576 - 262144 + 131072', '\\014\\261\\272\\000'), says: /data at byte 66977792/ },
  { what: 'ReiserFS', write: at('65536 + 52', 'ReIsEr2Fs'), says: /reiserfs|ReiserFS/ },
  { what: 'ISO 9660', write: at('32768', '\\001CD001\\001'), says: /iso9660|ISO 9660/ },
  { what: 'UDF', write: at('32768 + 2048', '\\000NSR02\\001'), says: /data at byte 3481/ },
  { what: 'a LVM label in sector 3', write: at('1536', 'LABELONE'), says: /LVM|data at byte 1536/ },
  {
    what: 'bcache',
    write: at('4096 + 24', '\\306\\205\\163\\366\\116\\032\\105\\312\\202\\145\\365\\177\\110\\272\\155\\201'),
    says: /bcache/,
  },
  { what: 'GFS2', write: at('65536', '\\001\\026\\031\\160'), says: /GFS2|data at byte 65536/ },
  { what: 'OCFS2', write: at('8192', 'OCFSV2'), says: /OCFS2|ocfs/ },
  { what: 'VMFS', write: at('1048576', '\\015\\320\\001\\300'), says: /VMFS|data at byte 1048576/ },
  { what: 'DDF (fake RAID) at the end', write: at('64 * 1048576 - 512', '\\336\\021\\336\\021'), says: /ddf|data at byte 67108352/ },
  {
    what: 'Intel fake RAID at the end',
    write: at('64 * 1048576 - 1024', 'Intel Raid ISM Cfg Sig. 1.0.00'),
    says: /isw|data at byte 6710784/,
  },
  { what: 'Silicon Image fake RAID', write: at('64 * 1048576 - 512 + 96', '\\225\\002'), says: /data at byte/ },
]

describe.skipIf(!loopsWork)(loopsWork ? 'what is on a disk' : 'loop devices do not work here (root, losetup)', () => {
  test.each(contents.map(c => [c.what, c] as const))(
    '%s is found and not modified',
    async (_what, { size = 64 * MiB, tool, write, says }) => {
      if (tool !== undefined && !has(tool)) return expect(`${tool} is not installed here`).toContain(tool)
      const { device, sh, sha256 } = disk(size)
      sh(`${write}; blockdev --flushbufs $d`)
      const before = size <= 64 * MiB ? await sha256() : ''
      const found = await judge(device)
      expect(found.blank, found.stdout).toBe(false)
      expect(found.code).toBe(1)
      expect(reasons(found)).toMatch(says)
      if (before !== '') expect(await sha256()).toBe(before)
    },
    120_000,
  )

  test.each(['ext4', 'DRBD metadata with data', 'md 1.0', 'only the backup of a GPT', 'swap that is not in use'])(
    'the suggested command makes a disk with %s blank',
    async what => {
      const { write = '', tool } = contents.find(c => c.what === what) ?? {}
      if (tool !== undefined && !has(tool)) return expect(`${tool} is not installed here`).toContain(tool)
      const { device, sh } = disk(64 * MiB)
      sh(`${write}; sync`)
      expect((await judge(device)).blank).toBe(false)
      sh(debian12.commands.emptyDisk(device))
      expect(await judge(device)).toMatchObject({ blank: true })
    },
    60_000,
  )

  test('the suggested command refuses a disk that came into use', () => {
    const { device, sh } = disk(64 * MiB)
    sh('mke2fs -q -t ext4 $d; mkdir $t/m; mount $d $t/m')
    ends.push(() => spawnSync('umount', [device]))
    expect(() => sh(debian12.commands.emptyDisk(device))).toThrow(/busy/)
  })

  test('a disk of zeros is blank, and is read completely up to 1 GiB', async () => {
    const size = process.env.NFSHA_LONG ? GiB : 96 * MiB
    const { device } = disk(size)
    const found = await judge(device)
    expect(found).toMatchObject({ blank: true, code: 0, device, size, against: [] })
    expect(found.stdout).toContain('\nread all\n')
  }, 120_000)

  test('4 KiB anywhere on a small disk are found', async () => {
    const { device, sh } = disk(48 * MiB)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 48 * 256 - 1 }), async block => {
        sh(`${random(block * 4096, 4096)}; blockdev --flushbufs $d`)
        const found = await judge(device)
        sh(`dd if=/dev/zero of=$d bs=4k seek=${block} count=1 conv=notrunc 2>/dev/null`)
        expect(found.blank).toBe(false)
        expect(reasons(found)).toMatch(new RegExp(`data at byte ${String(block * 4096).slice(0, -4)}`))
      }),
      { numRuns: process.env.NFSHA_LONG ? 500 : 8 },
    )
  }, 1_200_000)

  test('data that DRBD wrote below the page cache is found: the disk is read, not the cache', async () => {
    const { device, image, sh } = disk(64 * MiB)
    // The device is kept open, so the cached zeros stay.
    const reader = spawn('sh', ['-c', 'exec 3<$d; dd bs=1M <&3 >/dev/null 2>&1; echo read; exec sleep 60'], {
      env: { ...process.env, d: device },
    })
    ends.push(() => reader.kill())
    await once(reader.stdout, 'data')
    sh(`dd if=/dev/urandom of=${image} bs=4k seek=5000 count=1 conv=notrunc,fsync 2>/dev/null`)
    reader.kill()
    await once(reader, 'exit')
    expect(reasons(await judge(device))).toMatch(/data at byte 2048/)
  })
})

describe.skipIf(!loopsWork)(loopsWork ? 'what uses a disk' : 'loop devices do not work here (root, losetup)', () => {
  const held = async (device: string, says: RegExp) => {
    const found = await judge(device)
    expect(found.blank).toBe(false)
    expect(reasons(found)).toMatch(says)
  }

  test('a mount', async () => {
    const { device, sh } = disk(64 * MiB)
    sh('mke2fs -q -t ext4 $d; mkdir $t/m; mount $d $t/m')
    ends.push(() => spawnSync('umount', [device]))
    await held(device, /^held: loop\d+ is mounted on \S+\/m$/m)
  })

  test('a mount that only another mount namespace has', async () => {
    const { device, sh } = disk(64 * MiB)
    sh('mke2fs -q -t ext4 $d; mkdir $t/m')
    const other = spawn('unshare', ['-m', 'sh', '-c', 'mount $d $t/m && echo mounted && exec sleep 60'], {
      env: { ...process.env, d: device, t: `${sh('echo $t').trim()}` },
    })
    ends.push(() => other.kill())
    await once(other.stdout, 'data')
    await held(device, /^held: loop\d+ is mounted on \S+\/m \(as process \d+ sees it\)$/m)
    other.kill()
    await once(other, 'exit')
  })

  test('swap', async () => {
    const { device, sh } = disk(64 * MiB)
    sh('mkswap -q $d; swapon $d')
    ends.push(() => spawnSync('swapoff', [device]))
    await held(device, /^held: loop\d+ is swap in use$/m)
  })

  test('a loop device above it', async () => {
    const { device } = disk(64 * MiB)
    const above = execFileSync('losetup', ['-f', '--show', device], { encoding: 'utf8' }).trim()
    ends.push(() => spawnSync('losetup', ['-d', above]))
    await held(device, new RegExp(`^held: loop\\d+ is below loop device ${above.slice(5)}$`, 'm'))
  })

  test('a process that has it open, even if it is blank', async () => {
    const { device } = disk(64 * MiB)
    const user = spawn('sh', ['-c', 'exec 3<$d; echo open; exec sleep 60'], { env: { ...process.env, d: device } })
    ends.push(() => user.kill())
    await once(user.stdout, 'data')
    await held(device, /^held: loop\d+ is open in sleep \(process \d+\)$/m)
  })

  test('a process that has it mapped', async () => {
    const { device } = disk(64 * MiB)
    const program =
      'import mmap, os, sys, time; f = os.open(sys.argv[1], os.O_RDONLY); m = mmap.mmap(f, 4096, prot=mmap.PROT_READ); os.close(f); print("mapped", flush=True); time.sleep(60)'
    if (!has('python3')) return
    const user = spawn('python3', ['-c', program, device])
    ends.push(() => user.kill())
    await once(user.stdout, 'data')
    await held(device, /^held: loop\d+ is open in python3/m)
  })

  test('a process that opens it only for a moment does not count', async () => {
    const { device } = disk(64 * MiB)
    const user = spawn('sh', ['-c', 'exec 3<$d; echo open; exec sleep 2'], { env: { ...process.env, d: device } })
    ends.push(() => user.kill())
    await once(user.stdout, 'data')
    expect(reasons(await judge(device))).toBe('')
  })

  test('partitions, and a mount of one', async () => {
    const { device, sh } = disk(64 * MiB)
    sh(`addpart $d 1 2048 100000; mke2fs -q -t ext4 \${d}p1; mkdir $t/m; mount \${d}p1 $t/m`)
    ends.push(() => spawnSync('umount', [`${device}p1`]))
    await held(device, /^content: it has a partition: loop\d+p1$/m)
    await held(device, /^held: loop\d+p1 is mounted on/m)
    // The partition is a device like any other, and the whole disk cannot be used while it is in use.
    await held(`${device}p1`, /^held: loop\d+p1 is mounted on/m)
  })

  test('a blank partition is blank', async () => {
    const { device, sh } = disk(64 * MiB)
    sh(`addpart $d 1 2048 100000`)
    expect(await judge(`${device}p1`)).toMatchObject({ blank: true, against: [] })
  })

  test('read-only', async () => {
    const { device, sh } = disk(64 * MiB)
    sh('blockdev --setro $d')
    await held(device, /^readonly: it is read-only$/m)
    sh('blockdev --setrw $d')
  })

  test('a link to it is the disk itself', async () => {
    const { device, sh } = disk(64 * MiB)
    sh(`ln -s $d $t/by-id; ${at(40_000_000, 'x')}`)
    await held(sh('echo $t/by-id').trim(), /data at byte 40000000/)
    expect((await judge(sh('echo $t/by-id').trim())).device).toBe(device)
  })

  test.each([
    ['nothing', '/dev/nfsha-no-such-disk', /^missing: it does not exist$/],
    ['a character device', '/dev/null', /^missing: it is no block device$/],
    ['a directory', '/tmp', /^missing: it is no block device$/],
  ])('%s is not a disk', async (_what, path, says) => expect(reasons(await judge(path))).toMatch(says))

  test('a disk of less than 2 MiB', async () => held(disk(MiB).device, /^small: it has 1048576 bytes/))

  test('an I/O error does not count as zeros', async () => {
    const { device, image } = disk(64 * MiB)
    execFileSync('truncate', ['-s', '30M', image])
    await held(device, /^(unreadable|content|small): /)
  })
})

describe.skipIf(!loopsWork || !has('drbdmeta'))(
  loopsWork && has('drbdmeta') ? 'DRBD on a disk' : 'loop devices or drbdmeta do not work here',
  () => {
    const made = `${drbdmeta} create-md >/dev/null 2>&1; ${drbdmeta} set-gi A1B2C3D4E5F60711:1111111111111110:2222222222222220:0:1:1:1 >/dev/null 2>&1`

    test('its metadata is read as drbdmeta reads it, and left out when only the data counts', async () => {
      const { device, sh } = disk(64 * MiB)
      sh(made)
      expect((await judge(device)).blank).toBe(false)
      const found = await judge(device, 'data')
      expect(found).toMatchObject({ blank: true, code: 0 })
      expect(found.drbd).toMatchObject({
        version: 'v08',
        current: 'A1B2C3D4E5F60711',
        others: ['1111111111111110', '2222222222222220', '0000000000000000'],
        size: 0,
      })
      expect((found.drbd?.flags ?? 0) & 0x13).toBe(0x13)
    })

    test.each([
      ['the byte in front of it', '\\0'],
      ['ext4', 'ext4'],
    ])('data below the metadata: %s', async (_what, kind) => {
      const { device, sh } = disk(64 * MiB)
      sh(made)
      const begin = Number(/md_size_sect (\d+)/.exec(sh(`drbdmeta 99 v08 $d internal dump-md`))?.[1] ?? 0) * 512
      sh(kind === 'ext4' ? 'mke2fs -q -F -t ext4 $d 32M' : at(64 * MiB - begin - 1, 'x'))
      const found = await judge(device, 'data')
      expect(found.blank, found.stdout).toBe(false)
      if (kind === 'ext4') expect(found.ext4).toMatchObject({ clean: true, extents: true, bytes: 32 * MiB })
      else expect(reasons(found)).toContain(`data at byte ${64 * MiB - begin - 1}`)
    })
  },
)

test('a file system is clean only when it was unmounted in order', async () => {
  if (!loopsWork || !has('debugfs')) return
  const { device, sh } = disk(64 * MiB)
  sh('mke2fs -q -t ext4 $d')
  expect((await judge(device)).ext4).toMatchObject({ clean: true, bytes: 64 * MiB })
  sh('debugfs -w -R "ssv state 0" $d 2>/dev/null')
  expect((await judge(device)).ext4).toMatchObject({ clean: false })
})

test('the guard of a write reports the reason, and a missing perl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-no-perl-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  for (const tool of ['sed', 'paste']) symlinkSync(`/usr/bin/${tool}`, join(folder, tool))
  const run = (path: string) =>
    spawnSync('/bin/sh', ['-s'], {
      input: `${notBlank}\nset -eu\nr=$(not_blank /dev/null); echo "<$r>"`,
      env: { PATH: path },
      encoding: 'utf8',
    }).stdout
  expect(run('/usr/sbin:/usr/bin:/sbin:/bin')).toBe('<it is no block device>\n')
  expect(run(folder)).toBe('<it could not be judged: is perl installed?>\n')
})

test('truncated or invalid output is never blank', () => {
  expect(parseJudgement('device /dev/vdb\nsize 100\n').blank).toBe(false)
  expect(parseJudgement('size 100\nnot content it holds ext4\nblank\n').blank).toBe(false)
  expect(parseJudgement('size 100\nread all\nblank\n').blank).toBe(true)
  fc.assert(
    fc.property(fc.string(), text => {
      if (parseJudgement(text).blank) expect(text).toMatch(/^blank/m)
    }),
  )
})

// Sampling a disk of terabytes takes half a minute, so it runs only in the long tests.
describe.skipIf(!loopsWork || !process.env.NFSHA_LONG)('a disk of 3 TiB (NFSHA_LONG)', () => {
  test('of zeros is blank, with samples as the documentation says', async () => {
    const found = await judge(disk(3 * 1024 * GiB).device)
    expect(found.blank, found.stdout).toBe(true)
    expect(Number(/ (\d+) samples/.exec(found.stdout)?.[1])).toBeGreaterThanOrEqual(4096)
  }, 900_000)

  test('with 2 GiB of data anywhere is not', async () => {
    const { device, sh } = disk(3 * 1024 * GiB)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3 * 1024 - 3 }), async at => {
        // A byte in each 64 KiB: a file of 2 GiB would take minutes to write.
        sh(
          `perl -e 'open F, "+<", $ARGV[0] or die; for (0 .. 32767) { sysseek F, $ARGV[1] * 2**30 + 65536 * $_, 0; syswrite F, "x" x 512 }' $f ${at}; blockdev --flushbufs $d`,
        )
        expect((await judge(device)).blank).toBe(false)
        sh(`fallocate -p -o ${at}G -l 2G $f; blockdev --flushbufs $d`)
      }),
      { numRuns: 3 },
    )
  }, 1_800_000)
})
