import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { clientImpactOf, stalls, thinned, timed } from '../../../../lib/failover/clients/client-impact.ts'
import { judgeRecords, type Operation, parseOperation } from '../../../../lib/failover/clients/operations.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'

const operations = (text: string): Operation[] => text.split('\n').flatMap(line => parseOperation(line.trim()) ?? [])

// Operations of one mount during a switchover.
const seen = operations(`
  C1-1 write 1732557600.100 0.021 ok 1
  C1-1 lock 1732557600.100 0.030 ok 1
  C1-1 write 1732557600.141 2.410 ok 2
  C1-1 open 1732557600.200 2.300 ok 1
  C1-1 create 1732557600.300 2.500 error Input/output error
  C1-1 lock 1732557600.630 1.900 ok 1
  C1-1 write 1732557602.571 0.019 ok 3
  perl: warning: no operation`)

test('a line is an operation or is ignored', () => {
  expect(seen).toHaveLength(7)
  expect(seen[4]).toEqual({ mount: 'C1-1', kind: 'create', start: 1732557600.3, took: 2.5, ok: false, detail: 'Input/output error' })
  expect(parseOperation('C1-1 chmod 1.0 1.0 ok 1')).toBeUndefined()
})

const record = (n: number) => {
  const body = `${String(n).padStart(8, '0')} ${'x'.repeat(40)}`
  return `${body} ${String([...body].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 65536).padStart(5, '0')}\n`
}

test.each([
  ['all there', record(1) + record(2) + record(3), { lost: 0, torn: 0 }],
  ['one more than was acknowledged', record(1) + record(2) + record(3) + record(4), { lost: 0, torn: 0 }],
  ['a last one that nobody acknowledged, cut short', record(1) + record(2) + record(3) + record(4).slice(0, 20), { lost: 0, torn: 0 }],
  ['the end is missing', record(1), { lost: 2, torn: 0 }],
  ['the last acknowledged one is cut short', record(1) + record(2) + record(3).slice(0, 20), { lost: 1, torn: 1 }],
  ['a hole of zeroes', record(1) + '\0'.repeat(55) + record(3), { lost: 2, torn: 1 }],
  ['another content', record(1) + record(2).replace('xx', 'xy') + record(3), { lost: 1, torn: 1 }],
  ['nothing', '', { lost: 3, torn: 0 }],
])('records: %s', (_name, text, wanted) => expect(judgeRecords(text, seen)).toEqual(wanted))

test('stalls are those of operations in progress between two moments', () => {
  const all = timed(seen, host => host - 0.5, 1732557599.7)
  expect(all.map(o => o.at)).toEqual([-100, -100, -59, 0, 100, 430, 2371])
  expect(stalls(all, 0, 2_360)).toEqual({ write: 2410, lock: 1900, open: 2300, create: 2500 })
  expect(stalls(all, 2_360, 10_000)).toMatchObject({ write: 19 })
  const impact = clientImpactOf(all, [{ lost: 0, torn: 0 }], 2_360)
  expect(impact).toMatchObject({ acknowledged: 3, lost: 0, torn: 0, lockKept: true, errors: ['C1-1: create: Input/output error'] })
  expect(clientImpactOf(all, undefined, 2_360)).not.toHaveProperty('lost')
})

test.each([
  [[], false],
  [[{ ok: true }], true],
  [[{ ok: true }, { ok: false, detail: 'Input/output error' }], false],
])('a lock that was not held or failed is not kept: %j', (locks, kept) => {
  const all = locks.map((l, i) => ({ mount: 'C1-1', kind: 'lock' as const, at: i, took: 1, detail: '1', ...l }))
  expect(clientImpactOf(all, [], 10).lockKept).toBe(kept)
})

test('thinning keeps slow and failed operations, and the longest of the rest in each half second', () => {
  const quick = Array.from({ length: 100 }, (_, i) => ({
    mount: 'C1-1',
    kind: 'write' as const,
    at: i * 30,
    took: i % 10,
    ok: true,
    detail: '1',
  }))
  const slow = { ...quick[0], at: 40, took: 2_000 } as (typeof quick)[number]
  const failed = { ...quick[0], at: 41, took: 5, ok: false } as (typeof quick)[number]
  const kept = thinned([...quick, slow, failed], 500)
  expect(kept).toContain(slow)
  expect(kept).toContain(failed)
  expect(kept.filter(o => o.took === 9)).toHaveLength(6)
  expect(kept).toHaveLength(8)
})

test('workload.pl prints operations that we can parse, on several mounts, until its stdin ends', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'workload-'))
  try {
    const script = packagedFile('lib/failover/clients/workload.pl')
    const child = spawn('perl', [script, '0', 'a', directory, 'b', directory])
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', piece => {
      stdout += piece
    })
    child.stderr.on('data', piece => {
      stderr += piece
    })
    const ended = once(child, 'close')
    await vi.waitFor(() => expect(new Set(operations(stdout).map(o => `${o.mount} ${o.kind}`)).size).toBe(8), 60_000)
    child.stdin.end()
    await ended
    expect(stderr).toBe('')
    for (const mount of ['a', 'b']) {
      const own = operations(stdout).filter(o => o.mount === mount)
      expect(new Set(own.map(o => o.kind))).toEqual(new Set(['write', 'lock', 'open', 'create']))
      expect(own.every(o => o.ok)).toBe(true)
      expect(judgeRecords(readFileSync(join(directory, `${mount}.records`), 'utf8'), own)).toEqual({ lost: 0, torn: 0 })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}, 90_000)

test('workload.pl does not interrupt an operation', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'workload-'))
  try {
    writeFileSync(join(directory, 'dd'), `#!/bin/sh\n: > ${directory}/begun\nuntil [ -e ${directory}/over ]; do sleep 0.05; done\n`, {
      mode: 0o755,
    })
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` }
    const child = spawn('perl', [packagedFile('lib/failover/clients/workload.pl'), '1', 'a', directory], { env })
    let stdout = ''
    child.stdout.on('data', piece => {
      stdout += piece
    })
    const ended = once(child, 'close')
    const hasDone = (kind: string) => operations(stdout).some(o => o.kind === kind)
    await vi.waitFor(() => expect(existsSync(join(directory, 'begun')) && hasDone('lock')).toBe(true), 60_000)
    child.stdin.end()
    // The others have ended when nothing more is written.
    let before = -1
    await vi.waitFor(
      () => {
        const written = before
        before = stdout.length
        expect(written).toBe(before)
      },
      { timeout: 60_000, interval: 500 },
    )
    writeFileSync(join(directory, 'over'), '')
    await ended
    expect(hasDone('dd')).toBe(true)
  } finally {
    rmSync(directory, { recursive: true })
  }
}, 90_000)
