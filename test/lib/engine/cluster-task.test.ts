import { expect, test } from 'vitest'
import { runClusterTask } from '../../../lib/engine/cluster-task.ts'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import { clusterAssertion } from '../../../lib/resources/assertion.ts'
import type { ClusterStatus } from '../../../lib/resources/cluster-status.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { ClusterAssertion, ClusterResource, Member } from '../../../lib/resources/resource.ts'
import { differsBy, refused } from '../../../lib/resources/verdict.ts'
import { Unreachable } from '../../../lib/ssh/connection.ts'

/** A cluster of one node that moves where it is sent. */
const playOn = (node: { at: string }, remark?: string) => {
  const resource: ClusterResource<string> = {
    scope: 'cluster',
    id: 'place',
    probe: { sh: ':', parse: () => present('') },
    compare: ([one]) =>
      differsBy(
        one?.reading.kind === 'present' && one.reading.state === 'there' ? [] : [{ attribute: 'place', from: 'here', to: 'there' }],
      ),
    async apply(nodes) {
      node.at = 'there'
      if (remark !== undefined) nodes.remark(remark)
    },
  }
  const readings = { ensure: async () => present(node.at), invalidate: () => undefined, renew: () => undefined, note: () => undefined }
  const host = { host: 'M1', readings, connection: {} } as unknown as HostSession
  const session = {
    hosts: new Map([['M1', host]]),
    missing: new Map(),
    check: false,
    drift: false,
    owner: 'anna',
    signal: new AbortController().signal,
    emit: () => undefined,
    beforeChange: async () => undefined,
  } as unknown as ClusterSession
  const reporter = { phase: () => undefined, progress: () => undefined }
  return runClusterTask([{ host, task: { role: 'r', index: 1, total: 1, resource } }], session, reporter)
}

test('the remark of an apply is in the result with its changes', async () => {
  const changes = [{ attribute: 'place', from: 'here', to: 'there' }]
  expect(await playOn({ at: 'here' }, 'there after 3.2 s')).toEqual({ status: 'changed', changes, reason: 'there after 3.2 s' })
  expect(await playOn({ at: 'here' })).toEqual({ status: 'changed', changes })
  expect(await playOn({ at: 'there' }, 'never')).toEqual({ status: 'ok', changes: [] })
})

test('a node lost while the service is read counts as not read, and the other one is shown', async () => {
  const shown: Member<string>[][] = []
  const resource = clusterAssertion<string>('state', {
    allowMissing: true,
    probe: { sh: ':', parse: () => present('') },
    compare: () => differsBy([]),
    status(members) {
      shown.push(members)
      return {} as ClusterStatus
    },
  })
  const events: EventBody[] = []
  const node = (host: string, ensure: () => Promise<unknown>) =>
    ({ host, readings: { ensure, invalidate: () => undefined, renew: () => undefined }, connection: {} }) as unknown as HostSession
  const hosts = [
    node('M1', async () => {
      throw new Unreachable('M1', 'the connection was lost')
    }),
    node('M2', async () => present('read')),
  ]
  const session = {
    hosts: new Map(hosts.map(h => [h.host, h])),
    missing: new Map(),
    check: false,
    drift: false,
    signal: new AbortController().signal,
    emit: (event: EventBody) => void events.push(event),
  } as unknown as ClusterSession
  const look = () =>
    runClusterTask(
      hosts.map(host => ({ host, task: { role: 'r', index: 1, total: 1, resource } })),
      session,
      { phase: () => undefined, progress: () => undefined },
    )
  expect((await look()).status).toBe('ok')
  expect((await look()).status).toBe('ok')
  expect(shown.map(members => members.map(m => [m.host, m.reading.kind]).sort())).toEqual([
    [
      ['M1', 'unknown'],
      ['M2', 'present'],
    ],
    [
      ['M1', 'unknown'],
      ['M2', 'present'],
    ],
  ])
  expect(events.filter(e => e.type === 'host-unreachable')).toHaveLength(1)
})

test('a gate predicts nothing: what is refused after it is refused in a check too', async () => {
  const readings = { ensure: async () => present('there'), invalidate: () => undefined, renew: () => undefined, note: () => undefined }
  const host = { host: 'M1', readings, connection: {} } as unknown as HostSession
  const session = {
    hosts: new Map([['M1', host]]),
    missing: new Map(),
    check: true,
    drift: false,
    predicted: new Map(),
    owner: 'anna',
    signal: new AbortController().signal,
    emit: () => undefined,
  } as unknown as ClusterSession
  const reporter = { phase: () => undefined, progress: () => undefined }
  const run = (resource: ClusterAssertion<string>) =>
    runClusterTask([{ host, task: { role: 'r', index: 1, total: 1, resource } }], session, reporter)
  const probe = { sh: ':', parse: () => present('') }
  const confirmation = { probe, gate: 'needs a confirmation', compare: () => differsBy([{ attribute: 'pair', from: 'a', to: 'b' }]) }
  expect(await run(clusterAssertion('confirmation', confirmation))).toMatchObject({ status: 'changed', reason: 'needs a confirmation' })
  expect(await run(clusterAssertion('removed', { probe, compare: () => refused('another UUID') }))).toMatchObject({ status: 'failed' })
})
