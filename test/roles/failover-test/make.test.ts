import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { ClusterNodes } from '../../../lib/resources/resource.ts'
import { benchOf } from '../../../roles/failover-test/bench.ts'
import type { Act } from '../../../roles/failover-test/catalogue.ts'
import { type Made, make, undo } from '../../../roles/failover-test/make.ts'
import { contextOn } from '../contexts.ts'

/** Machines that answer every command with success, and what becomes of the ways to them. */
const recorded = () => {
  const ways: string[] = []
  const nodes = {
    hosts: ['M1', 'M2'],
    signal: new AbortController().signal,
    on: (host: string) => ({ connection: { host, run: async () => ({ code: 0, stdout: '1000.5\n', stderr: '' }) } }),
    reconnect: async (host: string, via?: { host: string; address: string }) => {
      ways.push(via ? `${host} at ${via.address} through ${via.host}` : `${host} directly`)
    },
  } as unknown as ClusterNodes
  return { ways, bench: benchOf(nodes, contextOn(debian12)) }
}

test.each<[string, Act, string[]]>([
  ['its service NIC', { kind: 'ifdown', links: ['service'] }, ['M1 at 172.16.0.210 through M2', 'M1 directly']],
  ['another NIC', { kind: 'ifdown', links: ['drbd'] }, []],
])('on real servers a node without %s is asked through its peer, until that is undone', async (_name, act, wanted) => {
  const { ways, bench } = recorded()
  const made: Made[] = []
  await make(bench, { act, on: 'holder', expected: 'moved' }, 'M1', new Map(), made)
  await undo(bench, made, new Map())
  expect(ways).toEqual(wanted)
})
