import { expect, test } from 'vitest'
import { runClusterTask } from '../../../lib/engine/cluster-task.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import type { ClusterResource } from '../../../lib/resources/resource.ts'
import { present } from '../../../lib/resources/resource.ts'
import { differsBy } from '../../../lib/resources/verdict.ts'

/** A cluster whose one node moves to where it is told. */
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
  const readings = { ensure: async () => present(node.at), invalidate: () => undefined, note: () => undefined }
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

test('what an apply remarks stands beside its changes in the result', async () => {
  const changes = [{ attribute: 'place', from: 'here', to: 'there' }]
  expect(await playOn({ at: 'here' }, 'there after 3.2 s')).toEqual({ status: 'changed', changes, reason: 'there after 3.2 s' })
  expect(await playOn({ at: 'here' })).toEqual({ status: 'changed', changes })
  expect(await playOn({ at: 'there' }, 'never')).toEqual({ status: 'ok', changes: [] })
})
