import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FailoverReport, Trial } from '../../../../lib/failover/report/record.ts'
import { planOf } from '../../../../lib/failover/scenario/plan.ts'
import { runPlan } from '../../../../lib/failover/scenario/run-plan.ts'
import type { Testbed } from '../../../../lib/failover/testbed/testbed.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { ApplyFailed } from '../../../../lib/resources/outcome.ts'
import type { Table } from '../../../../lib/resources/resource.ts'
import { contextOn } from '../../../roles/contexts.ts'
import { trialOf } from '../report/trials.ts'

const directory = mkdtempSync(join(tmpdir(), 'nfsha-run-plan-'))
afterAll(() => rmSync(directory, { recursive: true }))

const { vars } = contextOn(debian12, {}, 'failover_lab=default', 'failover_faults=switchover,reboot,power-loss')

let tests = 0

/** Runs a plan of three faults with the given `outcomes`; calls `before` before each. */
const played = async (outcomes: (Partial<Trial> | Error)[], before = (_i: number, _abort: AbortController) => {}) => {
  const path = join(directory, `report-${++tests}`)
  const readTrials = (): string[] => (JSON.parse(readFileSync(`${path}.json`, 'utf8')) as FailoverReport).trials.map(t => t.fault)
  const abort = new AbortController()
  const shown: Table[] = []
  const texts: string[] = []
  const written: string[][] = []
  const hosts = {
    signal: abort.signal,
    show: (table: Table) => void shown.push(table),
    progress: ({ text }: { text: string }) => void texts.push(text),
  }
  const plan = planOf(vars, 1)
  if (typeof plan === 'string') throw new Error(plan)
  const made: string[] = []
  const run: typeof import('../../../../lib/failover/scenario/trial.ts').runTrial = async (_testbed, { fault }, say) => {
    const i = made.length
    if (i > 0) written.push(readTrials())
    before(i, abort)
    made.push(fault.name)
    say('wait until the pair is whole')
    const outcome = outcomes[i] ?? {}
    if (outcome instanceof Error) throw outcome
    const trial = trialOf({ fault: fault.name, ...outcome })
    // Absent, as when the pair did not recover.
    if ('wholeAt' in outcome) delete trial.wholeAt
    return trial
  }
  const reporting = { cluster: 'nfs', timing: { keepalive: '250ms', warntime: '1', deadtime: '2' }, path, beside: undefined }
  const error: unknown = await runPlan({ hosts } as unknown as Testbed, plan, reporting, run).catch((e: unknown) => e)
  return { made, shown, texts, written, error, trials: made.length > 0 ? readTrials() : [] }
}

test('the report is written after each trial', async () => {
  const { made, written, trials, shown, texts, error } = await played([])
  expect(error).toBeUndefined()
  expect(made).toEqual(['switchover', 'reboot', 'power-loss'])
  expect(written).toEqual([['switchover'], ['switchover', 'reboot']])
  expect(trials).toEqual(made)
  expect(shown).toHaveLength(1)
  expect(texts[1]).toMatch(/^2 of 3, .*: wait until the pair is whole$/)
})

test('an interrupted test leaves its results, and is not a success', async () => {
  const { made, trials, shown, error } = await played([], (i, abort) => i === 1 && abort.abort())
  expect(made).toEqual(['switchover', 'reboot'])
  expect(trials).toEqual(made)
  expect(shown).toHaveLength(1)
  expect(error).toBeInstanceOf(ApplyFailed)
  expect((error as Error).message).toMatch(/^interrupted; not tried: /)
})

test('a test interrupted in its last trial has tried all', async () => {
  const { made, error } = await played([], (i, abort) => i === 2 && abort.abort())
  expect([made.length, error]).toEqual([3, undefined])
})

test('a trial that throws ends the test; the report of the earlier trials stays', async () => {
  const lost = new Error('M1 is lost')
  const { made, trials, shown, error } = await played([{}, lost])
  expect(error).toBe(lost)
  expect([made.length, trials, shown.length]).toEqual([2, ['switchover'], 1])
})

test('a fault that did not end as expected is judged at the end; an unhealthy pair ends the test', async () => {
  const bad = await played([{ problems: ['a lock was lost'] }])
  expect(bad.made).toHaveLength(3)
  expect((bad.error as Error).message).toBe('1 of 3 faults did not end as expected')
  const broken = await played([{ wholeAt: 0, problems: ['not whole afterwards: nobody serves'] }])
  expect(broken.made).toEqual(['switchover'])
  expect((broken.error as Error).message).toBe('1 of 1 faults did not end as expected')
})

test('no fault is injected when the report cannot be written', async () => {
  const hosts = { signal: new AbortController().signal, show: () => {}, progress: () => {} }
  const plan = planOf(vars, 1)
  if (typeof plan === 'string') throw new Error(plan)
  const reporting = {
    cluster: 'nfs',
    timing: { keepalive: '1', warntime: '1', deadtime: '2' },
    path: join(directory, 'none/report'),
    beside: undefined,
  }
  let made = 0
  const run = async () => {
    made++
    return trialOf()
  }
  await expect(runPlan({ hosts } as unknown as Testbed, plan, reporting, run)).rejects.toThrow(/^failover_report: .* cannot be written$/)
  expect(made).toBe(0)
})
