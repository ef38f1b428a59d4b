import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { diskSizes, preflight } from '../../../roles/base/preflight.ts'
import { contextOn } from '../contexts.ts'

const { probe, problems } = preflight(contextOn(debian12))
const read = (stdout: string) => {
  const reading = probe.parse({ code: 0, stdout, stderr: '', at: 0 })
  return reading.kind === 'present' ? problems(reading.state) : reading.kind
}

test('empty blocks mean that all links answered and the disk exists; truncated output is unknown', () => {
  expect(read('@silent\n@disk\n')).toEqual([])
  expect(read('@silent\n172.16.0.211 over em2\n@disk\n/dev/vdb\n')).toHaveLength(2)
  expect(read('@silent\n')).toBe('unknown')
  expect(read('')).toBe('unknown')
})

const sizesOf = (one: string, other: string, served = '') => {
  const { probe, compare } = diskSizes('/dev/vdb')
  const members = [one, other].map((size, i) => ({
    host: `M${i + 1}`,
    reading: probe.parse({ code: size === '' ? 1 : 0, stdout: `@served\n${served}@size\n${size}`, stderr: '', at: 0 }),
  }))
  return compare(members).kind
}

test('disks of different sizes are refused before the first run, and left to the check of the data on a pair that has been in service', () => {
  expect(sizesOf('1000\n', '1000\n')).toBe('in-sync')
  expect(sizesOf('1000\n', '2000\n')).toBe('differs')
  expect(sizesOf('1000\n', '2000\n', 'full\n')).toBe('in-sync')
  expect(sizesOf('1000\n', '', 'full\n')).toBe('differs')
  expect(diskSizes('/dev/vdb').probe.parse({ code: 0, stdout: '@served\n@size\nrubbish\n', stderr: '', at: 0 }).kind).toBe('unknown')
})
