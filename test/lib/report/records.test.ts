import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultFormat, openView } from '../../../lib/report/open-view.ts'
import { colorLevel } from '../../../lib/report/parts/palette.ts'
import { runLog } from '../../../lib/report/run-log.ts'
import { bare, converged } from './runs.ts'
import { captured } from './screen.ts'

describe('jsonl view', () => {
  test('prints one event per line, only on stdout', async () => {
    const [stdout, stderr] = [captured(), captured()]
    const view = await openView('jsonl', { stdout: stdout.stream, stderr: stderr.stream })
    for (const event of bare()) view.on(event)
    await view.close()
    const lines = stdout.text().trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toEqual(bare())
    expect(stderr.text()).toBe('')
    expect(lines[0]).toBe(
      '{"v":1,"run":"r1","seq":1,"time":"2026-08-01T10:00:01.000Z","type":"run-start","command":"site.yml","check":false,"diff":false}',
    )
  })

  test('continues when its reader has exited', async () => {
    const stdout = new PassThrough()
    const view = await openView('jsonl', { stdout })
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    await new Promise(setImmediate)
    for (const event of converged()) view.on(event)
    await view.close()
  })
})

describe('runLog', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-report-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('appends whole lines to a file that only its owner can read', async () => {
    const path = join(folder, 'log', 'run.jsonl')
    for (const _ of [1, 2]) {
      const log = runLog(path)
      for (const event of converged()) log.on(event)
      await log.close()
    }
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toEqual([...converged(), ...converged()])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o700)
  })

  test('restricts the mode of an existing file, and refuses a link', async () => {
    const path = join(folder, 'open.jsonl')
    writeFileSync(path, '', { mode: 0o644 })
    await runLog(path).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    symlinkSync(path, join(folder, 'link.jsonl'))
    expect(() => runLog(join(folder, 'link.jsonl'))).toThrow(/ELOOP/)
  })
})

describe('defaults from the environment', () => {
  const terminal = { ...captured().stream, isTTY: true }
  const pipe = captured().stream

  test('live rows only on a capable terminal', () => {
    expect(defaultFormat(terminal, terminal, { TERM: 'xterm' })).toBe('human')
    expect(defaultFormat(pipe, terminal, { TERM: 'xterm' })).toBe('plain')
    expect(defaultFormat(terminal, pipe, { TERM: 'xterm' })).toBe('plain')
    expect(defaultFormat(terminal, terminal, { TERM: 'dumb' })).toBe('plain')
  })

  test('NO_COLOR', () => {
    expect(colorLevel('stdout', { NO_COLOR: '1' })).toBe(0)
  })
})
