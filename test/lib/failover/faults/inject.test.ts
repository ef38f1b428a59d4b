import { expect, test } from 'vitest'
import { inject, type Made, undo } from '../../../../lib/failover/faults/inject.ts'
import type { Act } from '../../../../lib/failover/scenario/catalogue.ts'
import { testbedOf } from '../../../../lib/failover/testbed/testbed.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import type { ClusterNodes } from '../../../../lib/resources/resource.ts'
import { pairTools } from '../../../../roles/failover-test/pair-tools.ts'
import { timingIn } from '../../../../roles/failover-test/timing.ts'
import { contextOn } from '../../../roles/contexts.ts'

/** Machines that answer every command with success; records how they are reached. */
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
  const context = contextOn(debian12)
  return { ways, testbed: testbedOf(nodes, context, pairTools(nodes, context, timingIn('', context.vars))) }
}

test.each<[string, Act, string[]]>([
  ['its service NIC', { kind: 'ifdown', links: ['service'] }, ['M1 at 172.16.0.210 through M2', 'M1 directly']],
  ['another NIC', { kind: 'ifdown', links: ['drbd'] }, []],
])('on real servers a node without %s is reached through its peer until the fault is undone', async (_name, act, wanted) => {
  const { ways, testbed } = recorded()
  const made: Made[] = []
  await inject(testbed, { act, on: 'holder', expected: 'moved' }, 'M1', new Map(), made)
  await undo(testbed, made, new Map())
  expect(ways).toEqual(wanted)
})
