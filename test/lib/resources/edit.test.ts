import { expect, test } from 'vitest'
import { lineInFile } from '../../../lib/resources/edit.ts'
import type { FileState } from '../../../lib/resources/file.ts'

const line = lineInFile('/etc/hosts', 'b 2', /^b /)
const state = (more: Partial<FileState>): FileState => ({
  kind: 'regular file',
  mode: 0o644,
  owner: 'root',
  group: 'root',
  content: '',
  ...more,
})
const compared = (more: Partial<FileState>) => line.compare({ kind: 'present', state: state(more) }, () => undefined)

test('a file with the line is in sync, one without it differs', () => {
  expect(compared({ content: 'a 1\nb 2\n' })).toEqual({ kind: 'in-sync' })
  expect(compared({ content: 'a 1\n' })).toMatchObject({ kind: 'differs', changes: [{ to: 'a 1\nb 2\n' }] })
})

test('a link is refused: it is read as an empty file, and its target would be replaced by one line', () => {
  for (const kind of ['symbolic link', 'directory', 'fifo'])
    expect(compared({ kind })).toEqual({ kind: 'refused', why: `/etc/hosts is a ${kind}, not a regular file` })
})
