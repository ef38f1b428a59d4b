import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A block device backed by a sparse file, for tests that check disks: needs root and loop devices. */
export interface LoopDisk {
  device: string
  image: string
  /** Runs a shell script with `$d`, the device, and `$f`, its backing file. Throws when it fails. */
  sh(script: string): string
  sha256(): Promise<string>
  /** Undoes everything, even if the test's script failed halfway. */
  end(): void
}

export const loopsWork = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-loop-'))
  const file = join(folder, 'disk')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 20)
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' })
  if (status === 0) spawnSync('losetup', ['-d', stdout.trim()])
  rmSync(folder, { recursive: true })
  return status === 0
})()

/** @param bytes size of the disk; the file takes no space until something is written */
export const loopDisk = (bytes: number): LoopDisk => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-loop-'))
  const image = join(folder, 'disk')
  writeFileSync(image, '')
  truncateSync(image, bytes)
  const device = execFileSync('losetup', ['-P', '-f', '--show', image], { encoding: 'utf8' }).trim()
  const env = { ...process.env, d: device, f: image, t: folder, PATH: `/usr/sbin:/sbin:${process.env.PATH}` }
  return {
    device,
    image,
    sh: script => execFileSync('sh', ['-ec', script], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    async sha256() {
      const sum = createHash('sha256')
      for await (const piece of createReadStream(device)) sum.update(piece)
      return sum.digest('hex')
    },
    end() {
      spawnSync('losetup', ['-d', device])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
