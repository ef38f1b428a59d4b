import { expect, test } from 'vitest'
import { blocksOf } from '../../../lib/resources/blocks.ts'

test('blocks are split at their names and keep their content', () => {
  expect(blocksOf('@a\n1\n2\n@b\n@c-d\nx\n')).toEqual({ a: '1\n2', b: '', 'c-d': 'x\n' })
})

test('an empty part is present, one that was not reached is not', () => {
  expect({ ...blocksOf('before\n@silent\n@disk\n') }).toEqual({ silent: '', disk: '' })
  expect({ ...blocksOf('@disk') }).toEqual({ disk: '' })
  expect({ ...blocksOf('@a\none\n\n@b\ntwo\n@a\nthree') }).toEqual({ a: 'one\n\nthree', b: 'two' })
})
