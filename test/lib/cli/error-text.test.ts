import { expect, test } from 'vitest'
import { toldOf } from '../../../lib/cli/error-text.ts'
import { UsageError } from '../../../lib/cli/options.ts'
import { secrets } from '../../../lib/cli/secrets.ts'

secrets.add('planted-marker')

test('an internal error is one masked line without a trace, and with -v a masked trace', () => {
  const error = new TypeError('no planted-marker\nhere')
  const short = toldOf(error, false)
  expect(short).toEqual({
    text: 'internal error: no ***; here\n  a bug in nfsha-play: please report it, with the output of the same command with -v\n',
    exitCode: 1,
  })
  const long = toldOf(error, true).text
  expect(long).toMatch(/^\s+at .*error-text/m)
  expect(long).not.toContain('planted-marker')
  expect(toldOf('planted-marker', false).text).toMatch(/^internal error: \*\*\*\n/)
})

test('an error of the system is not an internal error, and is shown in words', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write', path: '/var/x' })
  expect(toldOf(error, false)).toEqual({ text: '/var/x: no space is left on the device (write)\n', exitCode: 1 })
  expect(toldOf(error, true).text).toMatch(/^\s+at /m)
})

test('a mistake of the operator is shown unchanged, but masked', () => {
  expect(toldOf(new UsageError('--x planted-marker: no'), false)).toEqual({ text: '--x ***: no\n', exitCode: 2 })
})
