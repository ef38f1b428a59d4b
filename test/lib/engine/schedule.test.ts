import { expect, test } from 'vitest'
import type { Task } from '../../../lib/engine/schedule.ts'
import { schedule } from '../../../lib/engine/schedule.ts'
import { absent } from '../../../lib/resources/reading.ts'
import type { Resource } from '../../../lib/resources/resource.ts'
import { inSync } from '../../../lib/resources/verdict.ts'

const resource = (id: string): Resource => {
  const common = { id, probe: { sh: '', parse: () => absent }, compare: () => inSync, apply: async () => undefined }
  return id.startsWith('C') ? { scope: 'cluster', ...common } : { scope: 'host', ...common }
}
const plan = (host: string, wanted: Record<string, string[]>) => {
  const tasks: Task[] = Object.entries(wanted).flatMap(([role, ids]) =>
    ids.map(id => ({ role, resource: resource(id), index: 0, total: 0 })),
  )
  return { host, tasks }
}
const shape = (...[plans, roles]: Parameters<typeof schedule>) =>
  schedule(plans, roles).map(s =>
    s.kind === 'cluster'
      ? `${s.role}: ${s.parts[0]?.task.resource.id} on ${s.parts.map(p => p.host)}`
      : `${s.role}: ${s.lanes.map(l => `${l.host}[${l.tasks.map(t => t.resource.id)}]`).join(' ')}`,
  )

test.each([
  [
    'hosts in parallel, a barrier between roles',
    { a: ['x', 'y'], b: ['z'] },
    { a: ['x'], b: ['z'] },
    ['a: M1[x,y] M2[x]', 'b: M1[z] M2[z]'],
  ],
  ['a cluster resource is a barrier inside a role', { a: ['x', 'C1', 'y'] }, { a: ['C1'] }, ['a: M1[x]', 'a: C1 on M1,M2', 'a: M1[y]']],
  ['two in a row', { a: ['C1', 'C2'] }, { a: ['C1', 'C2'] }, ['a: C1 on M1,M2', 'a: C2 on M1,M2']],
  ['nothing to do', {}, {}, []],
])('%s', (_name, one, two, stages) => {
  expect(shape([plan('M1', one), plan('M2', two)], ['a', 'b'])).toEqual(stages)
})

test('hosts that disagree about a cluster resource are an error, not a deadlock', () => {
  expect(() => shape([plan('M1', { a: ['C1'] }), plan('M2', { a: ['C2'] })], ['a'])).toThrow(/disagree.*C1, C2/)
})
