import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { mountPlace, placeProblems } from '../../../../roles/service/checks/mount-place.ts'
import { contextOn } from '../../contexts.ts'

const { vars } = contextOn(debian12)
const free = { mounted: '', real: '/data', kind: 'directory' as const, immutable: false, files: '', within: '/' }

test.each<[string, Partial<Parameters<typeof placeProblems>[0]>, RegExp | undefined]>([
  ['an empty directory', {}, undefined],
  ['nothing', { kind: 'absent' }, undefined],
  ['the share', { mounted: '/dev/drbd0', files: 'lost+found .nfsha', within: '/data' }, undefined],
  ['one that is already immutable', { immutable: true, within: '/data' }, undefined],
  ['files', { files: 'anna bert ' }, /\/data is not empty \(anna bert/],
  ['another mount', { mounted: '/dev/sdb1', files: 'x' }, /\/dev\/sdb1 is mounted on \/data instead of \/dev\/drbd0/],
  ['a link', { real: '/home/data', kind: 'other' }, /through a symbolic link to \/home\/data/],
  ['a link further up', { real: '/mnt/disk/data' }, /through a symbolic link to \/mnt\/disk\/data/],
  ['a file', { kind: 'other' }, /\/data is not a directory/],
  ['another file system', { within: '/srv' }, /is below \/srv, which is itself a mount point/],
])('%s', (_name, place, expected) => {
  const found = placeProblems({ ...free, ...place }, vars)
  expect(found).toHaveLength(expected ? 1 : 0)
  if (expected) expect(found[0]).toMatch(expected)
})

test('the output of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-place-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'full'))
  writeFileSync(join(folder, 'full/anna'), '')
  mkdirSync(join(folder, 'empty'))
  symlinkSync(join(folder, 'empty'), join(folder, 'link'))
  const read = (name: string) => {
    const { sh, parse } = mountPlace({ ...vars, nfs_export_path: join(folder, name) }).probe
    const reading = parse({ code: 0, stdout: execFileSync('sh', ['-c', sh], { encoding: 'utf8' }), stderr: '', at: 0 })
    return reading.kind === 'present' ? reading.state : undefined
  }
  expect(read('full')).toMatchObject({ kind: 'directory', files: 'anna', mounted: '' })
  expect(read('empty')).toMatchObject({ kind: 'directory', files: '', real: join(folder, 'empty') })
  expect(read('link')).toMatchObject({ kind: 'other', real: join(folder, 'empty') })
  expect(read('none/below')).toMatchObject({ kind: 'absent', files: '', within: read('empty')?.within })
})
