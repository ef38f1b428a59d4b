import { expect, test } from 'vitest'
import { runHostTask } from '../../../lib/engine/host-task.ts'
import { hostReadings } from '../../../lib/engine/readings.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import { present } from '../../../lib/resources/reading.ts'
import type { HostResource } from '../../../lib/resources/resource.ts'
import { differsBy } from '../../../lib/resources/verdict.ts'
import type { Connection } from '../../../lib/ssh/connection.ts'

const nothing = () => undefined

/** A host with these values; each reading prints the current ones. */
const hostOf = (values: Record<string, string>) => {
  const seen: string[] = []
  const connection = {
    run: async (script: string, { onStdout }: { onStdout(text: string): void }) => {
      const boundary = /=[0-9a-f]{24}/.exec(script)?.[0]
      const names = [...script.matchAll(/eval 'value (\w+)'/g)].map(([, name = '']) => name)
      seen.push(names.join(' '))
      const stdout = names.map((name, i) => `${values[name]}\n${boundary} ${i} 0\n`).join('')
      onStdout(stdout)
      return { code: 0, stdout, stderr: '' }
    },
  } as unknown as Connection
  return { connection, seen, values }
}

const valued = (id: string, wanted: (of: (other: string) => string) => string, apply: HostResource['apply']): HostResource<string> => ({
  scope: 'host',
  id,
  invalidates: 'itself',
  probe: { sh: `value ${id}`, parse: ({ stdout }) => present(stdout.trim()) },
  compare(actual, readings) {
    const from = actual.kind === 'present' ? actual.state : ''
    const reading = (other: string) => {
      const seen = readings(other)
      return seen?.kind === 'present' ? String(seen.state) : 'nothing'
    }
    const to = wanted(reading)
    return differsBy(from === to ? [] : [{ attribute: 'value', from, to }])
  },
  apply,
})

test('readings that a judgement used are read again under the lock too', async () => {
  const { connection, seen, values } = hostOf({ source: '1', copy: '0', other: '7' })
  const set: HostResource['apply'] = async (_$, changes) => {
    values.copy = changes[0]?.to ?? ''
  }
  const resources = [
    valued('source', () => '1', set),
    valued('copy', of => of('source'), set),
    valued('other', of => of('unheard of') && '7', set),
  ]
  const readings = hostReadings(connection, resources)
  const host = { host: 'M1', connection, readings, done: 0, merged: new Map(), mergeable: new Map() } as HostSession
  const session = {
    hosts: new Map([['M1', host]]),
    check: false,
    drift: false,
    predicted: new Map(),
    signal: new AbortController().signal,
    emit: nothing,
    writerOf: () => connection,
    async beforeChange() {
      // A change by somebody without the lock.
      values.source = '2'
      readings.lockTaken()
    },
  } as unknown as ClusterSession
  const run = (i: number) =>
    runHostTask({ role: 'r', index: i, total: 3, resource: resources[i] as HostResource }, host, session, {
      phase: nothing,
      progress: nothing,
    })
  expect(await run(0)).toMatchObject({ status: 'ok' })
  expect(await run(1)).toMatchObject({ status: 'changed', changes: [{ from: '0', to: '2' }] })
  expect(values.copy).toBe('2')
  expect(seen).toEqual(['source copy other', 'copy source', 'copy'])
  expect(await run(2)).toMatchObject({ status: 'ok' })
})
