import { afterAll, describe, expect, test } from 'vitest'
import { readProbes } from '../../lib/engine/sources/read-probes.ts'
import { debian13 } from '../../lib/platform/debian13.ts'
import type { Probe } from '../../lib/resources/reading.ts'
import { siteRoles } from '../../roles/index.ts'
import type { Context } from '../../roles/role.ts'
import { whyNoForkCount } from '../forks.ts'
import { contextOn } from './contexts.ts'
import { servedNode } from './served-node.ts'

// Processes that reading a whole node starts there: on an emulated machine each costs 15 ms, and on a busy server they load the service.
const why = whyNoForkCount()

const probesOf = (context: Context): Map<string, Probe<unknown>> =>
  new Map(
    siteRoles
      .filter(role => role.name !== 'client')
      .flatMap(role => [...role.steps(context), ...(role.handlers?.(context) ?? [])])
      .map(resource => [resource.id, resource.probe as Probe<unknown>]),
  )

const stacks: [string, Context, number][] = [
  ['lean', contextOn(debian13, { version: '13' }, 'ha_stack=lean'), 56],
  ['article', contextOn(debian13, { version: '13' }, 'ha_stack=article'), 52],
]

describe.skipIf(why !== undefined)(`processes per node${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  const node = servedNode()
  afterAll(() => node.remove())

  test.each(stacks)('all probes of an active node, stack %s', async (_name, context, most) => {
    const probes = probesOf(context)
    for (const id of probes.keys()) {
      const path = /^file (\/.*)$| in (\/.*)$/.exec(id)?.slice(1).find(Boolean)
      if (path !== undefined) node.write(path, `${id}\n`)
    }
    const [forks, execs] = [node.forks(), node.execs()]
    const readings = await readProbes(node.connection, [...probes.values()])
    const unread = [...probes.keys()].filter((_, i) => readings[i]?.kind === 'unknown')
    expect(unread).toEqual([])
    expect(node.execs() - execs).toBe(1)
    const started = node.forks() - forks
    expect(started, 'declare what a probe reads (probeOf, lib/resources/source.ts), or raise the limit').toBeLessThanOrEqual(most)
  })
})
