import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FailoverReport } from '../../lib/failover/report/record.ts'
import { surroundings } from '../../lib/failover/scenario/surroundings.ts'
import { nfshaPlay, on } from '../lab/run.ts'
import { convergedLab } from './converged.ts'

/**
 * No surrounding may turn a failover into an outage: each is tested with a planned switchover, a power loss of the active node and a loss of the standby.
 * NFSHA_TEST_REPORTS names a directory that keeps the reports.
 */
const { lab, whole } = convergedLab('surroundings')
const kept = process.env.NFSHA_TEST_REPORTS
const reports = kept ?? mkdtempSync(join(tmpdir(), 'nfsha-surroundings-'))

beforeAll(async () => {
  mkdirSync(reports, { recursive: true })
  for (const node of ['M1', 'M2'] as const)
    await on(lab, node, 'command -v nft >/dev/null || { apt-get update -qq && apt-get install -y -qq nftables; }', 600_000)
})
afterAll(() => {
  if (kept === undefined) rmSync(reports, { recursive: true, force: true })
})

test.each(surroundings.map(s => s.name))('%s', async name => {
  const path = join(reports, name)
  const run = await nfshaPlay(lab, [
    'failover-test.yml',
    ...['-e', `failover_surroundings=${name}`],
    ...['-e', 'failover_dead_client=192.168.0.99'],
    ...['-e', `failover_report=${path}`],
  ])
  const report = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as FailoverReport
  for (const t of report.trials)
    console.log(
      `| ${t.title} | ${t.actual} | ${t.stall.write ?? '-'} | ${t.errors.length} | ${t.lost ?? 'unknown'} | ${t.lockKept ? 'kept' : 'lost'} | ${t.surrounding?.refused ?? t.surrounding?.reported[0] ?? ''} |`,
    )
  expect(report.trials.flatMap(t => t.problems.map(p => `${t.title}: ${p}`))).toEqual([])
  expect(report.trials).toHaveLength(3)
  expect(run.code, run.story).toBe(0)
  await whole()
})
