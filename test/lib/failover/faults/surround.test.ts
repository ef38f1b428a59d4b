import { expect, test } from 'vitest'
import { surround } from '../../../../lib/failover/faults/surround.ts'
import type { Surrounding } from '../../../../lib/failover/scenario/surroundings.ts'
import { testbedOf } from '../../../../lib/failover/testbed/testbed.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import type { ClusterNodes } from '../../../../lib/resources/resource.ts'
import { pairTools } from '../../../../roles/failover-test/pair-tools.ts'
import { timingIn } from '../../../../roles/failover-test/timing.ts'
import { contextOn } from '../../../roles/contexts.ts'

/** Machines that record their commands, and fail for a script that contains `failing`. */
const recorded = (failing?: string) => {
  const story: string[] = []
  const run = (host: string) => async (script: string) => {
    // The last line that is ours: made, held or undone.
    const [, word] = /\b(make-\w+|undo-\w+)\s*(\)|$)/.exec(script.split('\n').slice(-3).join('\n')) ?? []
    story.push(`${host} ${word}`)
    const isBad = failing !== undefined && word === failing
    return { code: isBad ? 1 : 0, stdout: word === 'undo-two' ? 'seen to fail\n' : '', stderr: isBad ? 'no' : '' }
  }
  const nodes = {
    hosts: ['M1', 'M2', 'C1'],
    signal: new AbortController().signal,
    on: (host: string) => ({ connection: { host, run: run(host) } }),
  } as unknown as ClusterNodes
  const context = contextOn(debian12)
  return { story, testbed: testbedOf(nodes, context, pairTools(nodes, context, timingIn('', context.vars))) }
}

const two: Surrounding = {
  name: 'two',
  title: 'two parts',
  parts: [
    { kind: 'shell', on: 'active', make: () => 'make-one', undo: () => 'undo-one', isOnShare: true },
    { kind: 'shell', on: 'standby', make: () => 'make-two', undo: () => 'undo-two' },
  ],
}
const work = { mounts: [], byClient: [], run: 'test' }
const nothing = () => undefined

test('parts are set up in turn and undone in reverse order, on the share wherever it is by then; their problems are reported', async () => {
  const { story, testbed } = recorded()
  const around = await surround(testbed, two, 'M1', work, nothing)
  expect(story).toEqual(['M1 make-one', 'M2 make-two'])
  expect(await around.restore()).toEqual(['seen to fail'])
  expect(story.slice(2)).toEqual(['M2 undo-two', 'M1 undo-one', 'M2 undo-one'])
})

test('a partial setup is reverted', async () => {
  const { story, testbed } = recorded('make-two')
  await expect(surround(testbed, two, 'M1', work, nothing)).rejects.toThrow('not set up on M2')
  expect(story.slice(2)).toEqual(['M2 undo-two', 'M1 undo-one', 'M2 undo-one'])
})

test('a part that cannot be removed does not stop the others, and is an error', async () => {
  const { story, testbed } = recorded('undo-two')
  const around = await surround(testbed, two, 'M1', work, nothing)
  await expect(around.restore()).rejects.toThrow('not removed on M2')
  expect(story).toContain('M1 undo-one')
})
