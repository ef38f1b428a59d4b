import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { preflight } from '../../../roles/base/preflight.ts'
import { contextOn } from '../contexts.ts'

const { probe, problems } = preflight(contextOn(debian12))
const read = (stdout: string) => {
  const reading = probe.parse({ code: 0, stdout, stderr: '', at: 0 })
  return reading.kind === 'present' ? problems(reading.state) : reading.kind
}

test('nothing said means that all answered and all is there; a script that did not come to its end is unknown', () => {
  expect(read('@silent\n@disk\n')).toEqual([])
  expect(read('@silent\n172.16.0.211 over em2\n@disk\n/dev/vdb\n')).toHaveLength(2)
  expect(read('@silent\n')).toBe('unknown')
  expect(read('')).toBe('unknown')
})
