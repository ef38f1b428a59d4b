import { expect, test } from 'vitest'
import { runClusterTask } from '../../../lib/engine/cluster-task.ts'
import { LockLost } from '../../../lib/engine/lock.ts'
import { predict } from '../../../lib/engine/prediction.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import { ApplyFailed } from '../../../lib/resources/outcome.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { ClusterResource } from '../../../lib/resources/resource.ts'
import { type Change, differsBy } from '../../../lib/resources/verdict.ts'

const move: Change = { attribute: 'service', from: 'M1', to: 'handed over to M2, once' }
const restart: Change = { attribute: 'heartbeat', from: 'old', to: 'restarted' }

interface Case {
  differs?: boolean
  notified?: boolean
  isHandler?: boolean
  drift?: boolean
  holdHandlers?: boolean
  refuses?: boolean
}

/** A check of one cluster resource that can preview its changes. */
const checked = async ({
  differs = false,
  notified = false,
  isHandler = false,
  drift = false,
  holdHandlers = false,
  refuses = false,
}: Case) => {
  const resource: ClusterResource<string> = {
    scope: 'cluster',
    id: 'restart',
    probe: { sh: ':', parse: () => present('') },
    compare: () => differsBy(differs ? [restart] : []),
    async preview(nodes, changes, _members, hosts) {
      await nodes.on('M1').$`true`
      if (refuses) throw new ApplyFailed('M2 could not take over', { hint: 'repair it' })
      return changes.length > 0 || hosts.length > 0 ? [restart, move] : []
    },
    apply: async () => {
      throw new Error('a check applies nothing')
    },
  }
  const readings = { ensure: async () => present(''), invalidate: () => undefined, renew: () => undefined, note: () => undefined }
  const connection = { $: async () => ({ stdout: '' }) }
  const host = { host: 'M1', readings, connection } as unknown as HostSession
  const session = {
    hosts: new Map([['M1', host]]),
    missing: new Map(),
    check: true,
    drift,
    holdHandlers,
    predicted: new Map(),
    owner: 'anna',
    // A check holds no lock: on the nodes, a script that asks for it is refused.
    writerOf: () => ({
      $: async () => {
        throw new LockLost('M1', '')
      },
    }),
    signal: new AbortController().signal,
    emit: () => undefined,
  } as unknown as ClusterSession
  if (notified) predict(session, ['M1'], 'restart')
  const reporter = { phase: () => undefined, progress: () => undefined }
  return runClusterTask([{ host, task: { role: 'r', index: 1, total: 1, resource } }], session, reporter, { isHandler })
}

test.each<[string, Case, Change[]]>([
  ['differences are shown with their consequences', { differs: true }, [restart, move]],
  ['a handler needed because of a predicted change is shown too', { isHandler: true, notified: true }, [restart, move]],
  ['a handler that was not notified is not', { isHandler: true }, []],
  ['a task is not a handler', { notified: true }, []],
  ['drift reports what differs now', { differs: true, drift: true }, [restart]],
  ['a handler that is held back is only named', { differs: true, isHandler: true, holdHandlers: true }, [restart]],
])('%s', async (_name, given, changes) => {
  expect(await checked(given)).toEqual({ status: changes.length > 0 ? 'changed' : 'ok', changes })
})

test('a check refuses what a run would refuse, with the same message', async () => {
  await expect(checked({ differs: true, refuses: true })).rejects.toThrow('M2 could not take over')
  await expect(checked({ isHandler: true, notified: true, refuses: true })).rejects.toThrow('M2 could not take over')
})
