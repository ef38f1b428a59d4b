import { expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { PlayPlan } from '../../../lib/engine/play.ts'
import { runPlays } from '../../../lib/engine/run.ts'
import { assertion } from '../../../lib/resources/assertion.ts'
import { present } from '../../../lib/resources/reading.ts'
import { connect } from '../../../lib/ssh/connect.ts'

const playOn = (name: string, ...clusters: string[][]): PlayPlan<object> => ({
  name,
  roles: [
    { name: 'r', summary: '', steps: () => [assertion('fine', { probe: { sh: 'true', parse: () => present('') }, problems: () => [] })] },
  ],
  targets: clusters.map(hosts => {
    const nodes = hosts.map(host => ({ name: host, vars: {} }))
    return { cluster: { name: hosts.join('+'), nodes, clients: [] }, hosts: nodes, left: [] }
  }),
  selects: () => true,
  anyErrorsFatal: true,
  identity: () => [],
})

/** The sequence of opened and closed connections, and of tasks. */
const course = async (plays: PlayPlan<object>[], refused: string[] = []) => {
  const steps: string[] = []
  await runPlays(plays, {
    check: false,
    forks: 1,
    signal: new AbortController().signal,
    emit: (e: EventBody) => {
      if (e.type === 'task-end') steps.push(`${e.host} ${e.status}`)
      if (e.type === 'host-closed') steps.push(`${e.host} ${e.execs} execs`)
    },
    async connect(name) {
      if (refused.includes(name)) throw new Error('refused')
      const connection = await connect({ name, kind: 'local', address: '' })
      steps.push(`${name} opened`)
      return { ...connection, close: async () => void steps.push(`${name} closed`) }
    },
  })
  return steps
}

test('a host is connected once, and closed when its last play is over', async () => {
  const steps = await course([playOn('first', ['A'], ['B'], ['C']), playOn('second', ['B'], ['C'])])
  expect(steps.filter(s => s.endsWith('opened'))).toEqual(['A opened', 'B opened', 'C opened'])
  expect(steps.filter(s => s.endsWith('closed')).sort()).toEqual(['A closed', 'B closed', 'C closed'])
  expect(steps).toContain('A 2 execs')
  expect(steps).toContain('B 4 execs')
  // A is closed before the next cluster is done, and B before the last play of C.
  expect(steps.indexOf('A closed')).toBeLessThan(steps.indexOf('B ok'))
  expect(steps.indexOf('B closed')).toBeLessThan(steps.lastIndexOf('C ok'))
  expect(steps.indexOf('B closed')).toBeGreaterThan(steps.lastIndexOf('B ok'))
})

test('an unreachable host is not closed', async () => {
  const steps = await course([playOn('first', ['A'], ['B']), playOn('second', ['A'])], ['A'])
  expect(steps.filter(s => s.startsWith('A'))).toEqual([])
  expect(steps.at(-1)).toBe('B closed')
})
