import { expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import { runStage } from '../../../lib/engine/stage.ts'
import { clusterAssertion } from '../../../lib/resources/assertion.ts'
import type { ClusterStatus } from '../../../lib/resources/cluster-status.ts'
import { present } from '../../../lib/resources/reading.ts'
import { differsBy } from '../../../lib/resources/verdict.ts'

/** The end of a play: a stage on M1 and M2 that only shows or only asserts. Returns the emitted status and why the hosts stopped. */
const endOf = async ({ shows = true, missing = [] as string[], planned = ['M1', 'M2'] } = {}, ...stopped: (string | undefined)[]) => {
  const resource = clusterAssertion<string>('state', {
    allowMissing: true,
    probe: { sh: ':', parse: () => present('') },
    compare: () => differsBy([]),
    ...(shows && {
      status: members =>
        ({
          headline: members
            .map(m => `${m.host} ${m.reading.kind}`)
            .sort()
            .join(', '),
        }) as ClusterStatus,
    }),
  })
  const hosts = ['M1', 'M2'].map((host, i) => {
    const readings = { ensure: async () => present('read'), invalidate: () => undefined }
    return { host, readings, connection: {}, done: 0, ...(stopped[i] !== undefined && { stopped: stopped[i] }) } as unknown as HostSession
  })
  const events: EventBody[] = []
  const session = {
    hosts: new Map(hosts.map(h => [h.host, h])),
    missing: new Map(missing.map(host => [host, 'unreachable'])),
    check: false,
    drift: false,
    signal: new AbortController().signal,
    emit: (event: EventBody) => void events.push(event),
    activity: () => undefined,
    predicted: new Map(),
    holdHandlers: false,
  } as unknown as ClusterSession
  const parts = planned.map(host => ({ host, task: { role: 'status', index: 1, total: 1, resource } }))
  await runStage({ kind: 'cluster', role: 'status', parts }, session, 'task')
  return { shown: events.flatMap(e => (e.type === 'status' ? [e.status.headline] : [])), reasons: hosts.map(h => h.stopped) }
}

test('the state is shown after a failure, which stays the reason why the hosts stopped', async () => {
  expect(await endOf({}, 'failed at hand-over', 'failed at hand-over')).toEqual({
    shown: ['M1 present, M2 present'],
    reasons: ['failed at hand-over', 'failed at hand-over'],
  })
  expect((await endOf({}, 'failed at a file', undefined)).shown).toEqual(['M1 present, M2 present'])
})

test('it is shown without an unreachable node, but not when all are unreachable', async () => {
  const { shown } = await endOf({ missing: ['M2'] }, 'a host of its cluster is unreachable', 'unreachable')
  expect(shown).toEqual(['M1 present, M2 unknown'])
  expect((await endOf({ missing: ['M1', 'M2'] }, 'unreachable', 'unreachable')).shown).toEqual([])
})

test('it is not shown as if a node that was refused did not exist', async () => {
  expect((await endOf({ planned: ['M1'] }, 'M2 is another machine', 'it is not the machine')).shown).toEqual([])
})

test('nothing else is done after a failure', async () => {
  expect((await endOf({ shows: false }, 'failed at hand-over', 'failed at hand-over')).shown).toEqual([])
})
