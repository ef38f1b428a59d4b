import type { Plan, Step } from '../../lib/role-api/index.ts'
import { planOf, refused } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt, vipAddress } from '../role.ts'
import { handOver, moves, switchoverProblems } from '../service/hand-over.ts'
import { startHeartbeatStep } from '../service/start-heartbeat.ts'
import type { NamedState } from '../service/state/state.ts'
import { resetBy } from './reset.ts'

/** The initial active node and standby. The standby is reset first. */
export interface Aim {
  active: string | undefined
  standby: string | undefined
}

const resetOf = (host: string): string => `reset ${host}`

/** Pure: why no test is possible. */
const problemOf = ({ active, standby }: Aim, { cluster, vars }: Context): string | undefined => {
  const vip = vipAddress(vars)
  if (vars.fence_confirm !== vip) return `a node will be reset without a clean shutdown: confirm with -e fence_confirm=${vip}`
  const bare = cluster.nodes.filter(n => n.vars.heartbeat_stonith === undefined)
  if (bare.length > 0) return `no fencing: heartbeat_stonith is not set for ${bare.map(n => n.name).join(' and ')}`
  if (active === undefined || standby === undefined) return 'the service is not on exactly one node: run nfsha-play status.yml first'
  return undefined
}

/** Pure: the remaining resets, each of the standby by the active node, on a healthy pair. */
export const planFenceTest = (states: NamedState[], aim: Aim, done: readonly string[], context: Context): Plan => {
  const problem = problemOf(aim, context)
  const { active = '', standby = '' } = aim
  if (problem !== undefined) return refused(problem)
  const { fence_both: both } = context.vars
  const back = `hand over to ${standby}`
  // After the hand-over the first node is active: do not wait for it as a standby again.
  const first = done.includes(back) ? [] : tested(standby, active, states, done, context)
  const left: (Step | false)[] = [
    ...first,
    both && !done.includes(back) && handOverStep(back, active, standby, context),
    ...(both ? tested(active, standby, states, done, context) : []),
  ]
  const next = left.find(step => step !== false)
  const serving = states.filter(s => s.vip).map(s => s.host)
  // The steps after a reset repair its effects: only the reset itself and a hand-over need a healthy pair.
  const needsHealth = next && (next.name === back || next.name.startsWith('reset '))
  const target = next?.name === resetOf(active) ? active : standby
  const problems = needsHealth ? switchoverProblems(states, target, context.vars.ha_stage) : []
  if (needsHealth && serving.length !== 1) problems.push(`the service is on ${serving.join(' and ') || 'no node'}`)
  if (next?.name === resetOf(target) && serving[0] === target) problems.push(`${target} serves`)
  if (problems.length > 0) return refused(`${target} is not reset: ${problems.join('; ')}`)
  return planOf(left)
}

const handOverStep = (name: string, from: string, to: string, { vars }: Context): Step => ({
  name,
  settle: 120_000,
  changes: [moves(from, to)],
  run: nodes => handOver(nodes, from, to, vars),
})

/** The reset of one node by the other, and the steps until that node is on standby again. */
const tested = (host: string, by: string, states: NamedState[], done: readonly string[], context: Context): (Step | false)[] => {
  const { vars } = contextAt(context, host)
  const here = states.find(s => s.host === host)
  const isAhead = !done.includes(resetOf(host))
  const inSync = context.vars.ha_stage === 'vip' || (here?.device?.disk === 'UpToDate' && here.device.connection === 'Connected')
  const hears = here?.heartbeat && here.stable && here.links.some(link => link.endsWith(' up'))
  return [
    isAhead && {
      name: resetOf(host),
      settle: 60_000,
      changes: [{ attribute: host, from: 'running', to: `reset by ${by} with ${vars.heartbeat_stonith?.plugin}, without an orderly stop` }],
      run: nodes => resetBy(nodes, host, by, context),
    },
    (isAhead || !inSync) && {
      name: `wait until DRBD is in sync on ${host}`,
      settle: 3_600_000,
      changes: [
        { attribute: `DRBD on ${host}`, from: isAhead ? 'behind after the reset' : (here?.device?.disk ?? 'down'), to: 'UpToDate' },
      ],
      run: async () => undefined,
    },
    (isAhead || !here?.heartbeat) && startHeartbeatStep([host], context),
    (isAhead || !hears) && {
      name: `wait until ${host} is on standby`,
      settle: 180_000,
      changes: [{ attribute: `${host} as standby`, from: 'joining', to: 'yes' }],
      run: async () => undefined,
    },
  ]
}
