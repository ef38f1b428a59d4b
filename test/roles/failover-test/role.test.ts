import { expect, test } from 'vitest'
import { changeOf, planOf, type TestPlan } from '../../../lib/failover/scenario/plan.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { Procedure } from '../../../lib/resources/resource.ts'
import { failoverTest } from '../../../roles/failover-test/role.ts'
import type { Context } from '../../../roles/role.ts'
import { contextOn } from '../contexts.ts'

const members = ['M1', 'M2'].map(host => ({ host, reading: present({ haCf: '' }) }))
const confirmed = 'failover_confirm=192.168.0.219'
const procedureOf = (context: Context) => failoverTest.steps(context).at(-1) as Procedure<{ haCf: string }, TestPlan | string>

/** The reference pair with a client. */
const contextWith = (...extra: string[]): Context => {
  const context = contextOn(debian12, {}, ...extra)
  return { ...context, cluster: { ...context.cluster, clients: [{ name: 'C1', vars: context.vars }] } }
}
const procedure = (...extra: string[]) => procedureOf(contextWith(...extra))

test('all faults of the plan are one step, and check mode shows each of them', () => {
  const { aim, plan } = procedure(confirmed, 'failover_faults=switchover,reboot', 'failover_runs=2')
  const planned = plan(members, aim(members), [])
  const [step, ...more] = planned.kind === 'steps' ? planned.steps : []
  expect(more).toEqual([])
  expect(step?.changes.map(c => c.attribute)).toEqual([
    'planned switchover',
    'planned switchover (2)',
    'orderly reboot',
    'orderly reboot (2)',
  ])
  expect(new Set(step?.changes.map(c => c.from))).toEqual(new Set(['not tried']))
})

test('after the faults nothing is left to do', () => {
  const { aim, plan } = procedure(confirmed)
  const aimed = aim(members)
  const planned = plan(members, aimed, [])
  expect(planned.kind === 'steps' && planned.steps.map(s => s.name)).toEqual(['make the faults'])
  expect(plan(members, aimed, ['make the faults'])).toEqual({ kind: 'steps', steps: [] })
})

test('a random choice is made once: the faults in the plan are the ones injected', () => {
  const { aim, plan } = procedure(confirmed, 'failover_random=50')
  const aimed = aim(members)
  if (typeof aimed === 'string') throw new Error(aimed)
  for (let i = 0; i < 3; i++)
    expect(plan(members, aimed, [])).toMatchObject({ kind: 'steps', steps: [{ changes: aimed.trials.map(changeOf) }] })
})

test('each trial has a unique name', () => {
  const { vars } = contextWith('failover_lab=default', 'failover_surroundings=all', 'failover_runs=2')
  const plan = planOf(vars, 1)
  if (typeof plan === 'string') throw new Error(plan)
  const names = plan.trials.map(t => changeOf(t).attribute)
  expect(names.length).toBeGreaterThan(50)
  expect(new Set(names).size).toBe(names.length)
})

test.each([
  ['no confirmation', contextWith(), /^these machines are not in a lab, .*-e failover_confirm=/],
  ['an unknown fault', contextWith(confirmed, 'failover_faults=switch'), /^failover_faults: unknown fault switch;/],
  ['no clients', contextOn(debian12, {}, confirmed), /^no client uses the share: list its clients in group 'clients' of the inventory$/],
  ['a client that cannot mount', contextWith(confirmed, 'ha_stack=lean', 'client_options=vers=3'), /^C1: client_options /],
])('%s: refused', (_name, context, why) => {
  const { aim, plan } = procedureOf(context)
  expect(plan(members, aim(members), [])).toEqual({ kind: 'refused', why: expect.stringMatching(why) })
})

test('without a share no client is needed', () => {
  const { aim, plan } = procedureOf(contextOn(debian12, {}, 'failover_lab=default', 'ha_stage=vip'))
  expect(plan(members, aim(members), [])).toMatchObject({ kind: 'steps', steps: [{ name: 'make the faults' }] })
})
