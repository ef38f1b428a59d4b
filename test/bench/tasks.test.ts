import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentOf, spoilOne, tasksOf, verifyTasks } from './tasks.ts'

test.each([31, 40])('creates exactly %d resources', count => {
  const { files, lines, links } = tasksOf(count)
  expect(1 + files + lines + links).toBe(count)
  expect(files).toBeGreaterThan(7)
})

test('a run that did not do its work is detected', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-tasks-'))
  try {
    const tasks = tasksOf(31)
    for (let i = 0; i < tasks.files; i++) writeFileSync(join(folder, `file-${i}`), contentOf(i))
    for (let i = 0; i < tasks.lines; i++) writeFileSync(join(folder, `lines-${i}`), 'b 2\n')
    for (let i = 0; i < tasks.links; i++) symlinkSync(`file-${i}`, join(folder, `link-${i}`))
    expect(() => verifyTasks(folder, tasks)).not.toThrow()
    spoilOne(folder)
    expect(() => verifyTasks(folder, tasks)).toThrow('file-7')
    expect(() => verifyTasks(join(folder, 'none'), tasks)).toThrow('file-0, file-1, file-2')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
