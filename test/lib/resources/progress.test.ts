import { expect, test } from 'vitest'
import { progressIn, withoutProgress } from '../../../lib/resources/progress.ts'

test('progress is the last line of it', () => {
  const text = '@progress 3 reading /dev/vdb: all of it\nnoise\n@progress 40 reading /dev/vdb: all of it\n'
  expect(progressIn(text)).toEqual({ percent: 40, text: 'reading /dev/vdb: all of it' })
})

test('other output is none', () => expect(progressIn('noise @progress 3 x\n')).toBeUndefined())

test('what else was said is kept', () => expect(withoutProgress('@progress 3 x\nno room\n@progress 4 y')).toBe('no room\n'))
