import { expect, test } from 'vitest'
import { compareVolume, logicalVolume, volumeBytes } from '../../../lib/resources/lvm.ts'
import { expectVerdict } from '../../roles/verdicts.ts'

const GiB = 2 ** 30
const spec = { group: 'vg', volume: 'nfs', size: '100G', disk: '/dev/sdb' }
const read = (code: number, stdout = '') => logicalVolume(spec).probe.parse({ code, stdout, stderr: '', at: 0 })

test('its size in bytes; absent; not readable yet', () => {
  expect(read(0, '  107374182400\n')).toEqual({ kind: 'present', state: 100 * GiB })
  expect(read(44)).toEqual({ kind: 'absent' })
  expect(read(45)).toMatchObject({ kind: 'unknown', until: 'package lvm2' })
  expect(read(0, '')).toMatchObject({ kind: 'unknown' })
})

test.each<[string, string, number, number | RegExp]>([
  ['as declared', '100G', 100 * GiB, 0],
  ['rounded up to whole extents', '100G', 100 * GiB + 2 ** 22, 0],
  ['all free space, whatever its size was', '100%FREE', GiB, 0],
  ['an increased size is refused', '1T', 100 * GiB, /vg\/nfs has 107374182400 bytes, and 1T is declared: .*grow\.yml extends it/],
  ['a larger volume than declared is not shrunk', '50G', 100 * GiB, 0],
])('%s', (_name, size, actual, wanted) => {
  expectVerdict(compareVolume({ ...spec, size }, actual), wanted)
})

test('units are powers of two', () => {
  expect([volumeBytes('1M'), volumeBytes('3G'), volumeBytes('2T'), volumeBytes('100%FREE')]).toEqual([2 ** 20, 3 * GiB, 2 ** 41, undefined])
})
