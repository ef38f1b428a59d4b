import { expect, test } from 'vitest'
import { benchOptions } from './options.ts'
import { chartText, inserted, reportText } from './report.ts'
import type { Result, Row } from './rounds.ts'
import { scenariosOf } from './scenarios.ts'
import { spreadOf } from './stats.ts'

const row = (contender: string, ...seconds: number[]): Row => ({
  contender,
  wall: spreadOf(seconds.map(s => s * 1000)),
  cpu: spreadOf([1.5]),
  rss: spreadOf([80]),
})

const result: Result = {
  scenario: { title: 'everything changes', hosts: 2, count: 31, state: 'empty' },
  rows: [row('nfsha-play', 1, 3, 2), row('Ansible', 40), row('ssh true', 0.5)],
  failed: [{ contender: 'pyinfra', reason: 'exit code 1: a | b\nc' }],
}

test('median and spread', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 })
  expect(spreadOf([]).median).toBeNaN()
})

test('a table with ratios to the lower bound and to this tool; a contender that failed has no figures', () => {
  const text = reportText({
    date: '2026-11-30',
    machine: '2 cores',
    rounds: 3,
    versions: [{ name: 'Ansible', version: '2.14' }],
    missing: [{ name: 'pyinfra', missing: 'no pyinfra' }],
    starts: { baseline: 72, places: ['sources', 'build'], rows: [{ start: '--version', ratios: [6.154, 1.42] }] },
    results: [result],
  })
  expect(text).toContain('| `--version` | 6.15 | 1.42 |')
  expect(text).toContain('### Everything changes: 2 hosts, 31 resources each (62 changes)')
  expect(text).toContain('| nfsha-play | 2.00 (1.00–3.00) | 1.50 (1.50–1.50) | 80 | 4.0 | 1.0 |')
  expect(text).toContain('| Ansible | 40.00 (40.00–40.00) | 1.50 (1.50–1.50) | 80 | 80.0 | 20.0 |')
  expect(text).toContain('| pyinfra | no figures: exit code 1: a / b c | | | | |')
  expect(text).toContain('- pyinfra: not measured, no pyinfra')
  expect(text).not.toMatch(/NaN|undefined/)
})

test('bars are scaled to the longest', () => {
  const [, ours = '', theirs = '', floor = ''] = chartText([result]).split('\n')
  expect([ours, theirs, floor].map(line => line.split('█').length - 1)).toEqual([2, 50, 0])
  expect(floor).toBe('  ssh true    ▏ 0.50 s')
})

test('only the part of the page between the markers is replaced', () => {
  const page = 'a\n<!-- written by npm run bench: from here -->\nold\n<!-- written by npm run bench: to here -->\nb\n'
  const once = inserted(page, 'new')
  expect(once).toBe('a\n<!-- written by npm run bench: from here -->\n\nnew\n\n<!-- written by npm run bench: to here -->\nb\n')
  expect(inserted(once, 'new')).toBe(once)
})

test('a page without the markers gets a section at its end', () => {
  const page = inserted('# Page\n', 'new')
  expect(page).toMatch(/^# Page\n\n## Beside other tools\n\n<!-- .* from here -->\n\nnew\n\n<!-- .* to here -->\n$/)
  expect(inserted(page, 'new')).toBe(page)
})

test('measurements by default, with --quick and with --large', () => {
  const sizes = (argv: string[]) => scenariosOf(benchOptions(argv)).map(s => `${s.title} ${s.hosts}`)
  expect(sizes(['--quick'])).toEqual(['one file changes 2', 'everything changes 2', 'converged 2', 'converged 10'])
  expect(sizes([])).toEqual([
    'one file changes 2',
    'everything changes 2',
    'converged 2',
    'converged 10',
    'converged, one host dead 5',
    'converged, one host slow 5',
  ])
  expect(sizes(['--hosts', '3', '--large'])).toContain('converged 500')
  expect(benchOptions([])).toMatchObject({ rounds: 5, write: true })
  expect(benchOptions(['--quick'])).toMatchObject({ rounds: 2, write: false })
  expect(benchOptions(['--only', 'nfsha,ssh'])).toMatchObject({ only: ['nfsha', 'ssh'], write: false })
  expect(() => benchOptions(['--rounds', '0'])).toThrow('a whole number')
})
