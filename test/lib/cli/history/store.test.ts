import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { eventsOf, keptRuns, runHistory } from '../../../../lib/cli/history/store.ts'
import type { Event } from '../../../../lib/engine/events.ts'
import { bare, converged } from '../../report/runs.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-history-'))
  return () => rmSync(folder, { recursive: true })
})
const keep = (events: Event[]) => {
  const history = runHistory(folder)
  for (const event of events) history.on(event)
  history.close()
}

test('a run that changed something is stored with all its events except progress', () => {
  keep(bare())
  expect(keptRuns(folder)).toEqual(['r1'])
  expect(eventsOf('r1', folder)).toEqual(bare().filter(e => e.type !== 'task-progress'))
})

test.each([
  ['changed nothing', converged()],
  ['only checked', bare().map(e => (e.type === 'run-start' ? { ...e, check: true } : e))],
])('a run that %s is not stored', (_name, events) => {
  keep(events)
  expect(readdirSync(folder)).toEqual([])
})

test('the oldest are removed when there are too many, and a truncated line is ignored', () => {
  for (let i = 0; i < 205; i++) writeFileSync(join(folder, `20260101T0000${String(i).padStart(3, '0')}Z-site.jsonl`), '')
  keep(bare())
  expect(keptRuns(folder)).toHaveLength(200)
  expect(keptRuns(folder).at(-1)).toBe('r1')
  writeFileSync(join(folder, 'cut.jsonl'), '{"v":1,"run":"cut"}\n{"v":1,"ru')
  expect(eventsOf('cut', folder)).toEqual([{ v: 1, run: 'cut' }])
})

test('`history` lists the runs, shows one by part of its id, and reports an unknown one', () => {
  const bin = fileURLToPath(new URL('../../../../bin/nfsha-play.js', import.meta.url))
  const cli = (...argv: string[]) =>
    spawnSync(process.execPath, [bin, 'history', ...argv], { encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: folder } })
  expect(cli()).toMatchObject({ status: 0, stdout: '' })
  const runs = join(folder, 'nfsha-play', 'runs')
  mkdirSync(runs, { recursive: true })
  const history = runHistory(runs)
  for (const event of bare()) history.on(event)
  history.close()
  expect(cli().stdout).toMatch(/^r1 {2}site\.yml {2}M1,M2 {2}\d+ changes, exit code 0 after /)
  expect(cli('r').stdout).toContain('RECAP')
  expect(cli('nothing')).toMatchObject({ status: 2, stderr: expect.stringMatching(/no run 'nothing'/) })
})
