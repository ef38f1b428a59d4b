import { expect, test } from 'vitest'
import { debian13 } from '../../../lib/platform/debian13.ts'
import { vipIsOurs } from '../../../roles/base/preflight.ts'
import { vipAddress } from '../../../roles/role.ts'
import { contextOn } from '../contexts.ts'

const { vars } = contextOn(debian13)
const vip = vipAddress(vars)
const parse = (stdout: string, code = 0) => vipIsOurs(vars).probe.parse({ code, stdout, stderr: '', at: 0 })
const own = (...addresses: string[]) => `@addresses\n${addresses.map((a, i) => `${i + 1}: em${i}    inet ${a}/24 scope global\n`).join('')}`

test.each([
  ['it is here and answers', own('127.0.0.1', vip), 0, 'here'],
  ['it is here and does not answer', own('127.0.0.1', vip), 1, 'here'],
  ['another machine has it', own('127.0.0.1', `${vip}0`), 0, 'answers'],
  ['no machine has it', own('127.0.0.1'), 1, 'free'],
])('%s', (_what, stdout, code, state) => expect(parse(`${stdout}@end\n`, code)).toEqual({ kind: 'present', state }))

test.each([
  ['', 'nothing'],
  ['@addresses\n@end\n', 'no address was read: it may be here'],
  [own('127.0.0.1'), 'cut off'],
])('%j is not valid output: %s', stdout => expect(parse(stdout).kind).toBe('unknown'))
