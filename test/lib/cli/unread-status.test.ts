import { expect, test } from 'vitest'
import type { Plan } from '../../../lib/cli/run/plan.ts'
import { statusSeen } from '../../../lib/cli/run/unread-status.ts'
import type { Event, EventBody } from '../../../lib/engine/events.ts'
import { context } from '../../roles/service/state/readings.ts'

const plan = (role: string, left: { host: string; reason: string }[] = []) =>
  ({ plays: [{ roles: [{ name: role }], targets: [{ cluster: context.cluster, hosts: [], left }] }] }) as unknown as Plan

const after = (thePlan: Plan, bodies: (EventBody & { cluster?: string })[]) => {
  const seen = statusSeen(thePlan)
  for (const [seq, body] of bodies.entries()) seen.on({ v: 1, run: 'r', seq, time: '', ...body } as Event)
  return seen.missing()
}

const lost = (host: string): EventBody => ({ type: 'host-unreachable', host, message: 'no route' })

test('a cluster without a read node is "not known", and each node is a cause', () => {
  const [table, status] = after(plan('status'), [lost('M1'), lost('M2')])
  expect(table).toMatchObject({
    type: 'table',
    cluster: 'nfs',
    title: 'nfs: not known: M1 was not read (unreachable), M2 was not read (unreachable)',
  })
  expect(status).toMatchObject({ type: 'status', status: { service: 'not-known', verdict: { state: 'not-known', redundant: null } } })
  expect(status?.type === 'status' && status.status.problems.map(p => [p.code, p.next.command])).toEqual([
    ['node-unreachable', 'nfsha-play ping -l M1'],
    ['node-unreachable', 'nfsha-play ping -l M2'],
  ])
})

test('a node excluded by --limit is reported as such', () => {
  const [, status] = after(plan('status', [{ host: 'M2', reason: 'not in --limit' }]), [lost('M1')])
  expect(status?.type === 'status' && status.status.problems.map(p => p.code)).toEqual(['node-unreachable', 'node-left-out'])
})

test('nothing is added to a state that was shown, to another playbook, or after an interruption', () => {
  const [, status] = after(plan('status'), [])
  expect(after(plan('status'), [{ ...(status as EventBody), cluster: 'nfs' }])).toEqual([])
  expect(after(plan('switchover'), [lost('M1')])).toEqual([])
  expect(after(plan('status'), [{ type: 'interrupted', signal: 'SIGINT' }])).toEqual([])
})

const ready = (host: string): EventBody => ({ type: 'host-ready', host, platform: 'Debian 13', total: 1 })
const stopped = (host: string, reason: string): EventBody => ({ type: 'host-stopped', host, reason, remaining: 1 })

test('nodes that answered before the run failed are not shown as unreachable', () => {
  const run = [ready('M1'), ready('M2'), stopped('M1', 'failed at hand-over'), stopped('M2', 'failed at hand-over')]
  expect(after(plan('status'), run)).toEqual([])
  expect(after(plan('status'), [ready('M1'), lost('M1'), lost('M2')])).toHaveLength(2)
})

test('machines other than those in the inventory were not read', () => {
  const refused = (host: string) => [
    ready(host),
    {
      type: 'task-end',
      host,
      role: 'identity',
      resource: 'identity',
      status: 'failed',
      changes: [],
      ms: 0,
      index: 0,
      total: 1,
    } as EventBody,
    stopped(host, 'it is not the machine that the inventory describes'),
  ]
  const [table] = after(plan('status'), [...refused('M1'), ...refused('M2')])
  expect(table).toMatchObject({ title: expect.stringMatching(/^nfs: not known: M1 was not read \(it is not the machine/) })
})
