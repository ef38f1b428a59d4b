import { expect, test } from 'vitest'
import { link } from '../../../lib/resources/link.ts'
import { differsBy, inSync } from '../../../lib/resources/verdict.ts'

const output = (code: number, stdout = '') => ({ code, stdout, stderr: '', at: 0 })
const verdict = (code: number, stdout = '', optional = false) => {
  const resource = link('/etc/init.d/drbd', '/usr/local/drbd/etc/init.d/drbd', { optional })
  const reading = resource.probe.parse(output(code, stdout))
  return reading.kind === 'present' || reading.kind === 'absent' ? resource.compare(reading, () => undefined) : reading
}

test('the right target', () => expect(verdict(0, '/usr/local/drbd/etc/init.d/drbd\n')).toEqual(inSync))
test.each([
  ['absent', 44, '', ''],
  ['another target', 0, '/opt/drbd\n', '/opt/drbd'],
])('%s', (_name, code, stdout, from) =>
  expect(verdict(code, stdout)).toEqual(differsBy([{ attribute: 'target', from, to: '/usr/local/drbd/etc/init.d/drbd' }])),
)
test('a path that is not a link is not changed', () => {
  expect(verdict(43)).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/^\/etc\/init\.d\/drbd is not a link created by nfsha-play and is not changed/),
  })
  expect(verdict(43, '', true)).toMatchObject({ kind: 'skipped' })
})
