import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { ClusterNodes, ClusterResource } from '../../../lib/resources/resource.ts'
import { switchover } from '../../../roles/switchover/role.ts'
import { contextOn } from '../contexts.ts'

test('a switchover says how long it took, in its result', async () => {
  const [service] = switchover.steps(contextOn(debian12)) as ClusterResource[]
  const remarks: string[] = []
  const host = { $: async () => undefined, connection: { run: async () => ({ code: 0, stdout: '', stderr: '' }) } }
  const nodes = { hosts: ['M1', 'M2'], on: () => host, progress: () => undefined, remark: (text: string) => remarks.push(text) }
  await service?.apply(nodes as unknown as ClusterNodes, [{ attribute: 'service', from: 'M1', to: 'M2' }], [])
  expect(remarks).toEqual([expect.stringMatching(/^M2 serves after \d+\.\d s$/)])
})
