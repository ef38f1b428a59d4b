import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../lib/config/error.ts'
import type { Event, EventBody, TaskStatus } from '../../../lib/engine/events.ts'
import { driftLines } from '../../../lib/report/drift/lines.ts'
import { driftMetrics } from '../../../lib/report/drift/metrics.ts'
import { driftReport } from '../../../lib/report/drift/report.ts'
import { type OutputFormat, openView, outputFormats } from '../../../lib/report/open-view.ts'
import { runLog } from '../../../lib/report/run-log.ts'
import { eventStream } from '../../../lib/report/stream.ts'
import { escaped, escapedJson, escapedName, escapedPainted, escapedTabs } from '../../../lib/text/escape.ts'
import { escaped as markup } from '../../../lib/text/html.ts'
import { createMasker } from '../../../lib/text/mask.ts'
import { runs } from '../../runs.ts'
import { nasty, nastyPieces, unsafeShown } from './nasty.ts'
import { captured } from './screen.ts'

describe('escaping', () => {
  test.each([
    ['\u001b]0;PWN\u0007\u001b[2J', '\\x1b]0;PWN\\x07\\x1b[2J'],
    ['a\bb\rc\r\nd\te', 'a\\x08b\\rc\\r\nd\te'],
    ['\u009b2J\u0085', '\\u{9b}2J\\u{85}'],
    ['\u202euser\u2066', '\\u{202e}user\\u{2066}'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['nbsp\u00a0', 'nbsp\\u{a0}'],
    ['\udcffbyte', '\\xffbyte'],
    ['für ベータ – “x” ✔ é', 'für ベータ – “x” ✔ é'],
  ])('%j is shown as %j', (text, shown) => {
    expect(escaped(text)).toBe(shown)
    expect(escaped(shown)).toBe(shown)
  })

  test('a tab and a newline where they would be misleading', () => {
    expect(escapedTabs('a\tb\nc')).toBe('a\\tb\nc')
    expect(escapedName('M1\nok')).toBe('M1\\nok')
  })

  test('nothing is dropped, and nothing unsafe is left', () => {
    fc.assert(
      fc.property(nasty, text => {
        const shown = escapedTabs(text)
        expect(shown).not.toMatch(unsafeShown)
        expect(restored(shown)).toBe(restored(text))
      }),
      { numRuns: runs(500) },
    )
  })

  test('JSON keeps the exact value', () => {
    fc.assert(
      fc.property(nasty, text => {
        const json = escapedJson(JSON.stringify({ text }))
        expect(json).not.toMatch(unsafeShown)
        expect(JSON.parse(json)).toEqual({ text })
      }),
      { numRuns: runs(500) },
    )
  })

  test('our own colours pass, and no other sequence', () => {
    expect(escapedPainted('\u001b[1mM1\u001b[22m \u001b[2J\u001b]0;x\u0007')).toBe('\u001b[1mM1\u001b[22m \\x1b[2J\\x1b]0;x\\x07')
  })
})

/** The original text of an escaped form. */
const restored = (shown: string): string =>
  shown
    .replaceAll('\\r', '\r')
    .replaceAll('\\t', '\t')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16) + (Number.parseInt(hex, 16) >= 0x80 ? 0xdc00 : 0)),
    )
    .replace(/\\u\{([0-9a-f]+)\}/g, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))

const recap = { ok: 1, changed: 0, unreachable: 0, failed: 1, skipped: 0, unknown: 0 }
const statuses: TaskStatus[] = ['ok', 'changed', 'failed', 'skipped', 'unknown']
const hostNames = fc.constantFrom('M1', 'M2', 'M\u001b[2J3', 'M\n4')
const change = fc.record({ attribute: nasty, from: nasty, to: nasty, diff: fc.boolean(), secret: fc.boolean(), remedy: nasty })
const error = fc.record({ message: nasty, hint: nasty, detail: nasty })
const common = { host: hostNames, role: nasty, cluster: nasty }
const task = fc.record({
  ...common,
  resource: nasty,
  status: fc.constantFrom(...statuses),
  changes: fc.array(change, { maxLength: 2 }),
  reason: nasty,
  error,
  ms: fc.nat(),
  index: fc.nat(9),
  total: fc.nat(9),
})
/** A new kind of event is missing here until it has a generator: tsc reports it. */
const generators: { [T in EventBody['type']]: fc.Arbitrary<Omit<Extract<EventBody, { type: T }>, 'type'>> } = {
  'run-start': fc.record({ command: nasty, check: fc.boolean(), diff: fc.boolean() }),
  'play-start': fc.record({ play: nasty, hosts: fc.array(hostNames, { maxLength: 2 }) }),
  'play-skipped': fc.record({ play: nasty, reason: nasty }),
  'host-ready': fc.record({ host: hostNames, platform: nasty, total: fc.nat(9) }),
  'task-progress': fc.record({
    ...common,
    resource: nasty,
    progress: fc.record({ text: nasty, percent: fc.nat(100) }),
  }),
  'task-end': task,
  'handler-notified': fc.record({ ...common, handler: nasty, by: nasty }),
  'handler-end': fc.record({
    ...common,
    handler: nasty,
    status: fc.constantFrom(...statuses),
    changes: fc.array(change, { maxLength: 2 }),
    reason: nasty,
    error,
    ms: fc.nat(),
  }),
  'host-unreachable': fc.record({ host: hostNames, message: nasty, hint: nasty }),
  'host-stopped': fc.record({ host: hostNames, reason: nasty, remaining: fc.nat(9) }),
  table: fc.record({
    title: nasty,
    columns: fc.array(nasty, { minLength: 1, maxLength: 2 }),
    rows: fc.array(fc.array(nasty, { maxLength: 2 }), { maxLength: 2 }),
  }),
  status: fc.record({
    status: fc.record({
      v: fc.constant(1 as const),
      cluster: nasty,
      headline: nasty,
      service: fc.constant('served' as const),
      holder: nasty,
      verdict: fc.record({ state: fc.constant('degraded' as const), redundant: fc.constant(null), since: fc.constant(null), text: nasty }),
      nodes: fc.constant<never[]>([]),
      problems: fc.array(
        fc.record({
          code: nasty,
          severity: fc.constant('problem' as const),
          hosts: fc.array(nasty, { maxLength: 1 }),
          text: nasty,
          next: fc.record({ on: nasty, command: nasty, note: nasty }),
          consequences: fc.constant<never[]>([]),
        }),
        { maxLength: 2 },
      ),
    }),
  }),
  message: fc.record({
    level: fc.constantFrom('info' as const, 'warning' as const, 'error' as const),
    host: hostNames,
    text: nasty,
    hint: nasty,
  }),
  profile: fc.record({ host: hostNames, role: nasty, resource: nasty }).map(({ host, role, resource }) => ({
    profile: {
      ms: 5,
      hosts: [{ host, times, execs: 1, sent: 1, received: 1, spans: [{ phase: 'read' as const, from: 0, ms: 5, role, resource }] }],
      roles: [{ role, times, execs: 1, sent: 1, received: 1 }],
    },
  })),
  locked: fc.record({ host: hostNames, owner: nasty, hint: nasty }),
  interrupted: fc.record({ signal: fc.constant('SIGINT' as const) }),
  'internal-error': fc.record({ message: nasty, detail: nasty }),
  'host-connecting': fc.record({ host: hostNames }),
  'task-start': fc.record({
    ...common,
    resource: nasty,
    index: fc.nat(9),
    total: fc.nat(9),
    phase: fc.constantFrom('read', 'apply', 'verify'),
  }),
  'handler-start': fc.record({ ...common, handler: nasty }),
  'host-closed': fc.record({ host: hostNames, connections: fc.nat(9), execs: fc.nat(9) }),
  activity: fc.record({
    hosts: fc.array(hostNames, { maxLength: 2 }),
    phase: fc.constantFrom('read', 'apply', 'queue'),
    role: nasty,
    resource: nasty,
  }),
  exec: fc.record({ host: hostNames, from: fc.nat(), ms: fc.nat(), sent: fc.nat(), received: fc.nat(), processes: fc.nat() }),
  'run-end': fc.record({ recap: fc.dictionary(hostNames, fc.constant(recap)), exitCode: fc.constant(3), ms: fc.nat() }),
}
const bodies = fc.oneof(
  ...Object.entries(generators).map(([type, fields]) => (fields as fc.Arbitrary<object>).map(body => ({ type, ...body }) as EventBody)),
)

/** Events as in a broken log file: numbered, but not escaped. */
const rawEvents = fc
  .array(bodies, { minLength: 1, maxLength: 5 })
  .map(list => [
    { type: 'run-start' as const, command: 'site.yml', check: false, diff: true },
    ...list,
    { type: 'run-end' as const, recap: { 'M\u001b[2J3': recap }, exitCode: 3, ms: 1 },
  ])
  .map(list => list.map((body, seq) => ({ v: 1 as const, run: 'r1', seq, time: '2026-08-01T10:00:00Z', ...body }) as Event))
const times = { connect: 0, read: 5, lock: 0, apply: 0, verify: 0, wait: 0 }

/** Escape sequences of log-update and listr2 other than colours: clearing lines, moving up, hiding the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this takes out
const live = /\u001b\[(2K|\d+A|G|\?25[lh]|\?2026[lh])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this takes out
const sgr = /\u001b\[[\d;]*m/g

describe('no view passes a control character, whatever its input', () => {
  // Without a state of the service there are no metrics.
  const mayBeEmpty: OutputFormat[] = ['prometheus']
  // The live rows of `human` are below.
  const withoutColors = outputFormats.filter(format => format !== 'human').map(format => [format, 0] as const)
  test.each([...withoutColors, ['plain', 1] as const])('%s, colours %d', async (format, color) => {
    await fc.assert(
      fc.asyncProperty(rawEvents, async events => {
        const screen = captured()
        const view = await openView(format, { stdout: screen.stream, stderr: screen.stream, color, verbosity: 2 })
        for (const event of events) view.on(event)
        await view.close()
        expect(screen.text().replace(sgr, '')).not.toMatch(unsafeShown)
        if (!mayBeEmpty.includes(format)) expect(screen.text(), 'if it may print nothing, add it to mayBeEmpty').not.toBe('')
      }),
      { numRuns: runs(200) },
    )
  })

  test('human, with live rows', async () => {
    await fc.assert(
      fc.asyncProperty(rawEvents, async events => {
        const screen = captured()
        const view = await openView('human', { stdout: screen.stream, stderr: screen.stream, color: 1, verbosity: 2 })
        for (const event of events) view.on(event)
        await view.close()
        expect(screen.text().replace(live, '').replace(sgr, '')).not.toMatch(unsafeShown)
      }),
      // Each run draws a screen.
      { numRuns: process.env.NFSHA_LONG ? 2000 : 60 },
    )
  })

  test('the events themselves, which drift, metrics and logs are made from', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nfsha-escape-'))
    try {
      fc.assert(
        fc.property(fc.array(bodies, { minLength: 1, maxLength: 5 }), list => {
          const stream = eventStream({ command: 'drift', secrets: createMasker() })
          const events: Event[] = []
          stream.subscribe(event => events.push(event))
          const file = join(folder, 'log')
          const log = runLog(file)
          stream.subscribe(log.on)
          for (const body of list) stream.emit(body)
          const report = driftReport(events, 'site.yml')
          expect(driftLines(report).join('\n')).not.toMatch(unsafeShown)
          expect(escapedJson(JSON.stringify(report))).not.toMatch(unsafeShown)
          expect(driftMetrics(report, undefined)).not.toMatch(unsafeShown)
          expect(readFileSync(file, 'utf8')).not.toMatch(unsafeShown)
        }),
        { numRuns: runs(200) },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('an error message with a line of a file, its caret in place', () => {
    const text = 'nfs:\n  \tkey\u202e: "\u001b[2Jx"\n'
    const shown = new ConfigError('no such key \u0007', { source: { file: 'h\u001b.yml', text }, line: 2, column: 4 }).message
    expect(shown).toBe('h\\x1b.yml:2:4: no such key \\x07\n    \\tkey\\u{202e}: "\\x1b[2Jx"\n      ^')
    fc.assert(
      fc.property(nasty, nasty, (line, problem) => {
        const source = { file: 'hosts', text: line }
        expect(new ConfigError(problem, { source, line: 1, column: 2 }, line).message).not.toMatch(unsafeShown)
      }),
      { numRuns: runs(300) },
    )
  })

  test('the page of the failover test', () => {
    for (const piece of nastyPieces) expect(stripVTControlCharacters(markup(piece))).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u)
  })
})
