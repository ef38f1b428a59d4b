import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { ClusterNodes } from '../../../lib/resources/resource.ts'
import { reported } from '../../../roles/failover-test/reported.ts'
import { contextOn } from '../contexts.ts'

test('each node is asked for its own peer', async () => {
  const asked: Record<string, string> = {}
  const nodes = {
    on: (host: string) => ({
      connection: {
        async run(script: string) {
          asked[host] = (asked[host] ?? '') + script
          return { code: 0, stdout: '', stderr: '' }
        },
      },
    }),
  } as unknown as ClusterNodes
  await reported(nodes, contextOn(debian12))
  expect(asked.M1).toMatch(/listhblinks '?m2/i)
  expect(asked.M2).toMatch(/listhblinks '?m1/i)
})
