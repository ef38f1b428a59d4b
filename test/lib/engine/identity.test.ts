import { expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { IdentityProblem, PlayPlan } from '../../../lib/engine/play.ts'
import { runPlays } from '../../../lib/engine/run.ts'
import { connect } from '../../../lib/ssh/connect.ts'

/** Why a host of this system with these problems was left, and what its failed task says to do next. */
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
  await runPlays([plan], {
    check: false,
    forks: 1,
    signal: new AbortController().signal,
    emit: e => events.push(e),
    async connect(name) {
      const connection = await connect({ name, kind: 'local', address: '' })
      const stdout = `@os\n${os}\n@kernel\n6.12.0 x86_64\n@init\nsystemd\n@root\n0\n`
      return { ...connection, run: async () => ({ code: 0, stdout, stderr: '' }) }
    },
  })
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
])('%s: says what it is and no more', async (_name, os, problems, stopped, hint) => {
  expect(await whyLeft(os, problems)).toEqual({ stopped, hint })
})
