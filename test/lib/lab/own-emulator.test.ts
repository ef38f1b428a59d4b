import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emulatorCommand, isSound } from '../../../lib/lab/own-emulator.ts'

let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'nfsha-emulator-'))
})
afterEach(() => rmSync(cache, { recursive: true }))

const put = (path: string) => {
  mkdirSync(dirname(join(cache, 'emulator', path)), { recursive: true })
  writeFileSync(join(cache, 'emulator', path), '')
}

test.each([
  ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)', false],
  ['QEMU emulator version 9.0.2', false],
  ['QEMU emulator version 9.1.0', true],
  ['QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)', true],
  ['something else', false],
])('%s handles the flags correctly: %s', (version, expected) => {
  expect(isSound(version)).toBe(expected)
})

test('this machine’s emulator is used if the lab has none of its own, and always under KVM', () => {
  expect(emulatorCommand('tcg', cache)).toEqual(['qemu-system-x86_64'])
  put('usr/bin/qemu-system-x86_64')
  expect(emulatorCommand('kvm', cache)).toEqual(['qemu-system-x86_64'])
})

test('the lab’s own is started by its own loader, with its own libraries and firmware', () => {
  for (const path of ['usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', 'usr/lib/x86_64-linux-gnu/libc.so.6', 'usr/lib/qemu/x']) put(path)
  const dir = join(cache, 'emulator/usr')
  expect(emulatorCommand('tcg', cache)).toEqual([
    join(dir, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
    ...['--argv0', 'qemu-system-x86_64', '--library-path', join(dir, 'lib/x86_64-linux-gnu'), join(dir, 'bin/qemu-system-x86_64')],
    ...['-L', join(dir, 'share/seabios'), '-L', join(dir, 'share/qemu')],
  ])
})

test('an incomplete emulator is an error with a remedy', () => {
  put('usr/lib/x86_64-linux-gnu/libc.so.6')
  expect(() => emulatorCommand('tcg', cache)).toThrow(/emulator is incomplete.*ld-linux/)
})
