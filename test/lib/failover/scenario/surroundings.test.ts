import { expect, test } from 'vitest'
import { endName, problemsOf } from '../../../../lib/failover/report/record.ts'
import { planOf } from '../../../../lib/failover/scenario/plan.ts'
import { type Place, surroundings } from '../../../../lib/failover/scenario/surroundings.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { contextOn } from '../../../roles/contexts.ts'
import { tableRows } from '../../doc-table.ts'
import { trialOf } from '../report/trials.ts'

const lab = { ...contextOn(debian12).vars, failover_lab: 'default' }
const planned = (vars: Partial<typeof lab>) => {
  const plan = planOf({ ...lab, ...vars }, 1)
  return typeof plan === 'string' ? plan : plan.trials.map(t => `${t.surrounding?.name} ${t.fault.name} ${t.run}`)
}

test('each requested surrounding is combined with each fault, as often as requested', () => {
  expect(planned({ failover_surroundings: 'submount,mtu-drbd' })).toEqual([
    'submount switchover 1',
    'submount power-loss 1',
    'submount power-loss-standby 1',
    'mtu-drbd switchover 1',
    'mtu-drbd power-loss 1',
    'mtu-drbd power-loss-standby 1',
  ])
  expect(planned({ failover_surroundings: 'submount', failover_faults: 'reboot', failover_runs: 2 })).toEqual([
    'submount reboot 1',
    'submount reboot 2',
  ])
})

test.each<[Partial<typeof lab>, RegExp]>([
  [{ failover_surroundings: 'submounts' }, /unknown surrounding submounts; there are .*submount/],
  [{ failover_surroundings: 'all', failover_random: 5 }, /not with failover_random/],
  [{ failover_surroundings: 'all', ha_stage: 'vip' }, /needs ha_stage: full/],
  [{ failover_surroundings: 'client-died' }, /client-died needs failover_dead_client/],
])('%j is refused', (vars, message) => expect(planned(vars)).toMatch(message))

test('on real servers no disk is slowed down from outside; skipped faults are in the report', () => {
  const plan = planOf(
    { ...lab, failover_lab: undefined, failover_confirm: '192.168.0.219', failover_surroundings: 'all', failover_faults: 'switchover' },
    1,
  )
  expect(plan).toMatchObject({
    skipped: expect.arrayContaining([{ fault: 'disk-slow-standby', reason: expect.stringContaining('outside') }]),
  })
})

test('there are at least twenty, with unique names', () => {
  expect(surroundings.length).toBeGreaterThanOrEqual(20)
  expect(new Set(surroundings.map(s => s.name)).size).toBe(surroundings.length)
})

const around = { name: 'submount', mustBeReported: true, reported: ['submount on M1'], problems: [], usualMs: 36_000 }
const judged = (other: Partial<typeof around>, stall = 2_400) =>
  problemsOf(trialOf({ surrounding: { ...around, ...other }, stall: { write: stall } }))

test('a surrounding that was not reported must not make clients wait', () => {
  expect(judged({})).toEqual([])
  expect(judged({ reported: [] })).toEqual(['neither status.yml nor drift reported the surrounding'])
  expect(judged({ mustBeReported: false, reported: [] }, 40_000)).toEqual(['a client waited 40000 ms, and nothing had been reported'])
  expect(judged({}, 40_000)).toEqual([])
  expect(judged({ problems: ['a directory of 100002 names was listed with 17'] } as Partial<typeof around>)).toHaveLength(1)
})

const placeNames: Record<Place, string> = { active: 'active node', standby: 'standby', both: 'both nodes', client: 'client' }

test('the table in docs/surroundings.md matches the catalogue: copy the expected rows', () => {
  const rows = surroundings.map(({ name, title, parts, reported, refused, ends = {} }) => {
    const places = [...new Set(parts.map(p => placeNames[p.kind === 'lost-client' ? 'client' : p.on]))].join(', ')
    const other = Object.entries(ends).map(([fault, end]) => `\`${fault}\` ends ${endName(end)}`)
    return `| \`${name}\` | ${title} | ${places} | ${reported ? 'yes' : ''} | ${refused ? 'may be' : ''} | ${other.join('; ')} |`
  })
  expect(tableRows('surroundings.md', '| surrounding | what is wrong |')).toEqual(rows)
})
