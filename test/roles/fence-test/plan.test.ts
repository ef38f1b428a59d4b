import { describe, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { ClusterNodes, Plan, Procedure } from '../../../lib/resources/resource.ts'
import { fenceTest } from '../../../roles/fence-test/role.ts'
import type { NamedState, ServiceState } from '../../../roles/service/state/state.ts'
import { contextOn } from '../contexts.ts'
import { activeState, bareState, deviceOf, nodeState } from '../pair-states.ts'

const fenced = JSON.stringify({ heartbeat_stonith: { plugin: 'external/ipmi' } })
const meant = 'fence_confirm=192.168.0.219'
const procedure = (...extra: string[]) => fenceTest.steps(contextOn(debian12, {}, ...extra))[0] as Procedure<ServiceState>
const healthy = [activeState(), nodeState({ host: 'M2' })]
const membersOf = (states: NamedState[]) => states.map(({ host, ...state }) => ({ host, reading: present(state as ServiceState) }))
const planned = (states: NamedState[], done: string[], ...extra: string[]): Plan => {
  const { aim, plan } = procedure(...extra)
  return plan(membersOf(states), aim(membersOf(healthy)), done)
}
const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(step => step.name) : plan)
const back = (host: string) => [`wait until DRBD is in sync on ${host}`, `start heartbeat on ${host}`, `wait until ${host} is on standby`]

describe('the plan', () => {
  test('is only the standby, unless both are requested', () => {
    expect(names(planned(healthy, [], fenced, meant))).toEqual(['reset M2', ...back('M2')])
    const both = ['reset M2', ...back('M2'), 'hand over to M2', 'reset M1', ...back('M1')]
    expect(names(planned(healthy, [], fenced, meant, 'fence_both=true'))).toEqual(both)
    const { aim, plan } = procedure(fenced, meant)
    const [step] = (plan(membersOf(healthy), aim(membersOf(healthy)), []) as { steps: { changes: unknown[] }[] }).steps
    expect(step?.changes).toEqual([{ attribute: 'M2', from: 'running', to: 'reset by M1 with external/ipmi, without an orderly stop' }])
  })

  test('continues after the reset with the remaining steps, whatever the state of the pair in the meantime', () => {
    const alone = activeState({ device: deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/Outdated') })
    const booted = nodeState({
      host: 'M2',
      heartbeat: false,
      stable: false,
      links: [],
      device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate'),
    })
    expect(names(planned([alone, booted], ['reset M2'], fenced, meant))).toEqual(back('M2'))
    expect(names(planned([alone, bareState({ host: 'M2' })], ['reset M2'], fenced, meant))).toEqual(back('M2'))
    expect(names(planned([activeState(), { ...booted, device: nodeState().device }], ['reset M2'], fenced, meant))).toEqual(
      back('M2').slice(1),
    )
    expect(names(planned([activeState(), nodeState({ host: 'M2', stable: false })], ['reset M2'], fenced, meant))).toEqual(
      back('M2').slice(2),
    )
    expect(names(planned(healthy, ['reset M2'], fenced, meant))).toEqual([])
  })

  test('resets the other node only when it no longer holds anything', () => {
    const swapped = [nodeState(), activeState({ host: 'M2' })]
    const done = ['reset M2', 'hand over to M2']
    expect(names(planned(swapped, done, fenced, meant, 'fence_both=true'))).toEqual(['reset M1', ...back('M1')])
    expect(planned(healthy, done, fenced, meant, 'fence_both=true')).toEqual({ kind: 'refused', why: 'M1 is not reset: M1 serves' })
    expect(names(planned(swapped, [...done, 'reset M1'], fenced, meant, 'fence_both=true'))).toEqual([])
    const alone = activeState({ host: 'M2', links: ['em2 dead'], device: deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/Outdated') })
    expect(names(planned([bareState(), alone], [...done, 'reset M1'], fenced, meant, 'fence_both=true'))).toEqual(back('M1'))
  })
})

test.each<[string, NamedState[], string[], RegExp]>([
  ['not confirmed', healthy, [fenced], /^a node will be reset without a clean shutdown: confirm with -e fence_confirm=192\.168\.0\.219$/],
  ['another address was confirmed', healthy, [fenced, 'fence_confirm=192.168.0.1'], /fence_confirm=192\.168\.0\.219/],
  ['there is no fencing', healthy, [meant], /^no fencing: heartbeat_stonith is not set for M1 and M2$/],
  [
    'the standby is behind',
    [activeState(), nodeState({ host: 'M2', device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') })],
    [fenced, meant],
    /^M2 is not reset: DRBD is Inconsistent on M2/,
  ],
  ['a link is down', [activeState(), nodeState({ host: 'M2', links: ['em2 up', 'em3 dead'] })], [fenced, meant], /em3 dead/],
  [
    'heartbeat does not run',
    [activeState(), nodeState({ host: 'M2', heartbeat: false, stable: false })],
    [fenced, meant],
    /heartbeat does not run on M2/,
  ],
  ['both serve', [activeState(), activeState({ host: 'M2' })], [fenced, meant], /the service is on M1 and M2/],
])('%s: refused, and no node is reset', (_name, states, extra, why) => {
  expect(planned(states, [], ...extra)).toEqual({ kind: 'refused', why: expect.stringMatching(why) })
})

test('no node serves at the first reading: refused', () => {
  const { aim, plan } = procedure(fenced, meant)
  const nobody = membersOf([nodeState(), nodeState({ host: 'M2' })])
  expect(plan(nobody, aim(nobody), [])).toEqual({ kind: 'refused', why: expect.stringMatching(/^the service is not on exactly one node/) })
})

/** A pair whose plugin returns this result, and whose M2 has these boot IDs one after the other. */
const resetting = (code: number, boots: string[]) => {
  const scripts: string[] = []
  const remarks: string[] = []
  const connection = (host: string) => ({
    run: async (script: string) => {
      scripts.push(`${host}: ${script}`)
      return script.includes('boot_id')
        ? { code: 0, stdout: boots.shift() ?? '', stderr: '' }
        : { code, stdout: 'no route to 10.0.0.1\n', stderr: '' }
    },
  })
  const nodes = {
    hosts: ['M1', 'M2'],
    signal: new AbortController().signal,
    on: (host: string) => ({ connection: connection(host) }),
    reconnect: async () => undefined,
    progress: () => undefined,
    remark: (text: string) => remarks.push(text),
  } as unknown as ClusterNodes
  const plan = planned(healthy, [], fenced, meant)
  return { run: () => (plan.kind === 'steps' ? plan.steps[0]?.run(nodes) : undefined), scripts, remarks }
}

test('the reset is done once the node answers with a new boot ID, and reports how long the plugin took', async () => {
  const { run, scripts, remarks } = resetting(0, ['one\n', 'two\n'])
  await run()
  expect(scripts.find(text => text.startsWith('M1'))).toMatch(/external\/nfsha end m2\.redhat\.sx \/etc\/ha\.d\/nfsha-fence\.conf/)
  expect(remarks).toEqual([expect.stringMatching(/^M1 reset M2 in \d+\.\d s$/)])
})

test('a failing plugin is reported, with its output and the consequence', async () => {
  await expect(resetting(1, ['one\n']).run()).rejects.toMatchObject({
    message: 'M1 could not reset M2',
    detail: 'no route to 10.0.0.1',
    hint: expect.stringMatching(/M1 does not take over/),
  })
})
