import { expect, test } from 'vitest'
import { unitDropIn } from '../../../lib/resources/unit-drop-in.ts'
import { changesOf } from '../../../lib/resources/verdict.ts'

const dropIn = unitDropIn('heartbeat', '[Service]\n')
const seen = (file: string, reload: string) => {
  const reading = dropIn.probe.parse({ code: 0, stdout: `@file\n${file}@end\n@reload\n${reload}\n`, stderr: '', at: 0 })
  if (reading.kind !== 'present') return reading
  const verdict = dropIn.compare(reading, () => undefined)
  return verdict.kind === 'refused' ? verdict.why : changesOf(verdict).map(c => c.attribute)
}
const ours = '|644|root|root|regular file\n|[Service]\n\n'

test.each([
  ['none yet', '\n', 'no', ['content', 'mode', 'owner', 'group']],
  ['an older one', '|644|root|root|regular file\n|[Unit]\n\n', 'no', ['content']],
  ['ours, which systemd has not loaded', ours, 'yes', ['read by systemd']],
  ['ours', ours, 'no', []],
  ['a directory in its place', '|755|root|root|directory\n\n', 'no', expect.stringContaining('is a directory')],
])('%s', (_name, file, reload, expected) => {
  expect(seen(file, reload)).toEqual(expected)
})
