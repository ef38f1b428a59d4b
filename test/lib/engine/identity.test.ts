import { describe, expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { IdentityProblem, PlayPlan } from '../../../lib/engine/play.ts'
import { type RunOptions, runPlays } from '../../../lib/engine/run.ts'
import { clusterAssertion, hostAssertion } from '../../../lib/resources/assertion.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { Resource } from '../../../lib/resources/resource.ts'
import { inSync } from '../../../lib/resources/verdict.ts'
import { connect } from '../../../lib/ssh/connect.ts'

/** A run on hosts of this system that answer everything with their facts. */
const options = (os: string, events: EventBody[]): RunOptions => ({
  check: false,
  forks: 1,
  signal: new AbortController().signal,
  emit: e => events.push(e),
  async connect(name) {
    const connection = await connect({ name, kind: 'local', address: '' })
    const facts = `@os\n${os}\n@kernel\n6.12.0 x86_64\n@init\nsystemd\n@root\n0\n`
    return {
      ...connection,
      async run(script, { onStdout } = {}) {
        const boundary = /=[0-9a-f]{24}/.exec(script)?.[0]
        const parts = script.match(/^(?:\( eval|\{ )/gm) ?? []
        const stdout = boundary ? parts.map((_, i) => `\n${boundary} ${i} 0\n`).join('') : facts
        onStdout?.(stdout)
        return { code: 0, stdout, stderr: '' }
      },
    }
  },
})

/** Why a host of this system with these problems was stopped, and the hint of its failed task. */
const whyLeft = async (os: string, problems: Omit<IdentityProblem, 'host'>[]) => {
  const nodes = [{ name: 'M1', vars: {} }]
  const plan: PlayPlan<object> = {
    name: 'p',
    roles: [{ name: 'r', summary: '', steps: () => [] }],
    targets: [{ cluster: { name: 'c', nodes, clients: [] }, hosts: nodes, left: [] }],
    selects: () => true,
    anyErrorsFatal: true,
    identity: () => problems.map(problem => ({ host: 'M1', ...problem })),
  }
  const events: EventBody[] = []
  await runPlays([plan], options(os, events))
  const stopped = events.flatMap(e => (e.type === 'host-stopped' ? [e.reason] : []))
  const hints = events.flatMap(e => (e.type === 'task-end' ? [e.error?.hint] : []))
  return { stopped: stopped[0], hint: hints[0] }
}

const debian13 = 'ID=debian\nVERSION_ID="13"'
const forky = 'ID=debian\nVERSION_CODENAME=forky'
const wrong = { problem: 'no NIC em1' }
const compare = 'compare the inventory with the machine; nothing was touched'

test.each<[string, string, Omit<IdentityProblem, 'host'>[], string, string]>([
  ['another machine', debian13, [wrong], 'it is not the machine that the inventory describes', compare],
  ['no root', debian13, [{ problem: 'no root', kind: 'no root' }], 'no root', 'nothing was touched'],
  ['a system that is not supported', forky, [], 'unsupported system', 'nothing was touched'],
  ['both', forky, [{ problem: 'no root', kind: 'no root' }], 'no root, unsupported system', 'nothing was touched'],
  ['another machine of such a system', forky, [wrong], 'it is not the machine that the inventory describes', compare],
])('%s: reports exactly that', async (_name, os, problems, stopped, hint) => {
  expect(await whyLeft(os, problems)).toEqual({ stopped, hint })
})

describe('another machine in place of M2', () => {
  /** What a cluster resource reads of the nodes, and the ids of the judged tasks of M1. */
  const played = async (anyErrorsFatal: boolean) => {
    const nodes = ['M1', 'M2'].map(name => ({ name, vars: {} }))
    const seen: string[] = []
    const look = (): Resource[] => [
      hostAssertion('first', { probe: { sh: ':', parse: () => present(0) }, compare: () => inSync }),
      clusterAssertion('look', {
        allowMissing: true,
        probe: { sh: ':', parse: () => present(0) },
        compare(members) {
          seen.push(...members.map(m => `${m.host} ${m.reading.kind === 'unknown' ? m.reading.why : m.reading.kind}`))
          return inSync
        },
      }),
    ]
    const plan: PlayPlan<object> = {
      name: 'p',
      roles: [{ name: 'r', summary: '', steps: look }],
      targets: [{ cluster: { name: 'c', nodes, clients: [] }, hosts: nodes, left: [] }],
      selects: () => true,
      anyErrorsFatal,
      identity: () => [{ host: 'M2', ...wrong }],
    }
    const events: EventBody[] = []
    await runPlays([plan], options(debian13, events))
    const judged = events.flatMap(e => (e.type === 'task-end' && e.host === 'M1' ? [e.resource] : []))
    return { seen, judged, stopped: events.flatMap(e => (e.type === 'host-stopped' && e.host === 'M1' ? [e.reason] : [])) }
  }

  test('nothing is judged on M1, not even before the first barrier', async () => {
    expect(await played(true)).toEqual({
      seen: [],
      judged: [],
      stopped: ['M2: it is not the machine that the inventory describes'],
    })
  })

  test('resources that run without it see that it is missing, and why', async () => {
    expect(await played(false)).toMatchObject({
      seen: ['M1 present', 'M2 it is not the machine that the inventory describes'],
      judged: ['first', 'look'],
      stopped: [],
    })
  })
})
