import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { inView } from '../../../../roles/service/copies/view.ts'
import { copyFiles } from '../../../../roles/split-brain/keep.ts'
import { newestNames } from '../../../../roles/split-brain/written.ts'
import { type LoopDisk, loopDisk, loopsWork } from '../../../lib/resources/loop.ts'

// Inspects a copy on a device of this machine, like a node's disk below DRBD.
const size = 16 * 2 ** 20
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})
const disk = (): LoopDisk => {
  const made = loopDisk(size)
  ends.push(made.end)
  return made
}
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'nfsha-view-'))
  ends.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const look = (device: string, body: string) => {
  const run = spawnSync('sh', ['-s'], { input: inView(device, body), encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
  return { code: run.status, out: run.stdout.trim().split('\n'), said: run.stderr }
}
const state = '/var/lib/nfsha-play'
const left = () => readdirSync(state).filter(name => name.startsWith('view.'))
const loopsOn = (device: string) => execFileSync('losetup', ['-n', '-O', 'NAME', '-j', device]).toString().trim()
const write = 'mkdir $m/dir; echo one > $m/dir/a; sleep 0.01; echo three > "$m/dir/a name"; mkdir $m/.nfsha; echo x > $m/.nfsha/x'
/** An ext4 with files; `inUse`: as after a power loss. */
const filled = (inUse = false): LoopDisk => {
  const made = disk()
  const spare = inUse ? disk() : made
  made.sh(`mke2fs -q -t ext4 $d
unshare -m sh -c 'm=$(mktemp -d); mount $1 $m; ${write}; sync; [ $1 = $2 ] || dd if=$1 of=$2 bs=1M conv=fsync 2>/dev/null; umount $m; rmdir $m' sh $d ${spare.device}
blockdev --flushbufs ${spare.device}`)
  return spare
}

describe.skipIf(!loopsWork)(loopsWork ? 'an inspected copy' : 'loop devices do not work here (root, losetup)', () => {
  test('it is read without a write to the disk, and nothing is left behind', async () => {
    const { device, sha256 } = filled()
    const before = await sha256()
    const { code, out, said } = look(device, `echo "how $how"\n${newestNames}`)
    expect({ code, said }).toEqual({ code: 0, said: '' })
    expect(out.slice(0, 2)).toEqual(['how clean', 'end 0'])
    const names = out.slice(2).map(line => line.replace(/^\d+\.\d+ /, ''))
    expect(names[0]).toMatch(/^d \d+ $/)
    expect(names.slice(1, 3).sort()).toEqual([expect.stringMatching(/^d \d+ dir$/), 'f 6 dir/a name'])
    expect(names.slice(3)).toEqual(['f 4 dir/a'])
    expect(await sha256()).toBe(before)
    expect(left()).toEqual([])
    expect(loopsOn(device)).toBe('')
    expect(readFileSync('/proc/mounts', 'utf8')).not.toMatch(device)
  })

  test('one that was not unmounted is also read, and reports whether its journal was replayed', async () => {
    const { device, sha256 } = filled(true)
    const before = await sha256()
    const { code, out } = look(device, 'echo "$how"; cat "$view/dir/a name" 2>/dev/null')
    expect(code).toBe(0)
    expect(['replayed', 'not replayed']).toContain(out[0])
    if (out[0] === 'replayed') expect(out[1]).toBe('three')
    expect(await sha256()).toBe(before)
    expect(left()).toEqual([])
  })

  test('nothing is left when it is killed halfway, except what the next use of the device removes', () => {
    const { device } = filled()
    const { code } = look(device, 'kill -s KILL $$')
    expect(code).not.toBe(0)
    expect(readFileSync('/proc/mounts', 'utf8')).not.toMatch('/view')
    expect(loopsOn(device)).toBe('')
    for (const name of left()) execFileSync('rmdir', [join(state, name, 'view'), join(state, name)])
  })

  test('a disk without a file system is reported', () => {
    const { device } = disk()
    expect(look(device, 'echo never')).toMatchObject({ code: 1, out: [''], said: `there is no ext4 on ${device} that can be mounted\n` })
    expect(left()).toEqual([])
  })

  test('its files are copied and compared; the second time they are only compared; a copy that differs is refused', async () => {
    const { device, sha256 } = filled()
    const before = await sha256()
    const to = join(folder(), 'deep/copy')
    const copied = look(device, copyFiles(to))
    expect(copied).toMatchObject({ code: 0, said: '' })
    expect(copied.out.at(-1)).toBe(`kept 3 files in ${to}/files`)
    expect(readFileSync(`${to}/files/dir/a name`, 'utf8')).toBe('three\n')
    expect(look(device, copyFiles(to))).toMatchObject({ code: 0, out: ['comparing', `kept 3 files in ${to}/files`] })
    execFileSync('sh', ['-c', `printf 'Three\n' > "${to}/files/dir/a name"`])
    expect(look(device, copyFiles(to))).toMatchObject({ code: 1, said: `the files in ${to} differ from those on ${device}\n` })
    expect(await sha256()).toBe(before)
  })
})
