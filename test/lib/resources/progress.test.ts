import { expect, test } from 'vitest'
import { progressIn, withoutProgress } from '../../../lib/resources/progress.ts'

test('the last progress line counts', () => {
  const text = '@progress 3 reading /dev/vdb: all of it\nnoise\n@progress 40 reading /dev/vdb: all of it\n'
  expect(progressIn(text)).toEqual({ percent: 40, text: 'reading /dev/vdb: all of it' })
})

test('other output is not progress', () => expect(progressIn('noise @progress 3 x\n')).toBeUndefined())

test('other output is kept', () => expect(withoutProgress('@progress 3 x\nno room\n@progress 4 y')).toBe('no room\n'))
