import { describe, expect, test } from 'vitest'
import { hostReadings } from '../../../lib/engine/readings.ts'
import { readProbes } from '../../../lib/engine/sources/read-probes.ts'
import { probeOf } from '../../../lib/resources/probe.ts'
import { type Probe, present } from '../../../lib/resources/reading.ts'
import { shell, simple } from '../../../lib/resources/source.ts'
import type { Connection } from '../../../lib/ssh/connection.ts'

/** Answers the first probe, prints the start of the second answer, and then nothing until it is given up. */
const stuck = (printed: string): Connection =>
  ({
    run: (script: string, { signal, onStdout }: { signal: AbortSignal; onStdout(text: string): void }) => {
      const boundary = /=[0-9a-f]{24}/.exec(script)?.[0]
      onStdout(`first\n\n${boundary} 0 0\n${printed}`)
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    },
  }) as unknown as Connection

const probe = (more: Partial<Probe<unknown>> = {}): Probe<unknown> => ({ sh: 'x', parse: o => present(o.stdout), timeout: 20, ...more })

test('output of a probe before it hung is kept if the probe can interpret it', async () => {
  const parsePart = (stdout: string) => ({ half: stdout })
  const [first, second] = await readProbes(stuck('half of'), [probe(), probe({ sh: 'y', parsePart })])
  expect(first).toEqual(present('first\n'))
  expect(second).toEqual({ kind: 'unknown', why: 'no answer within 0.02 s', partly: { half: 'half of' } })
})

test('so is the output of its other sources, each with the text before it', async () => {
  const parsePart = (stdout: string) => ({ stdout })
  const pieces = probeOf(['@a\n', simple('x'), shell('y')], o => present(o.stdout), { timeout: 20, parsePart })
  expect(await readProbes(stuck('half of'), [pieces])).toMatchObject([{ kind: 'unknown', partly: { stdout: '@a\nfirst\nhalf of' } }])
})

test('otherwise, or if that fails, the reading is just unknown', async () => {
  const bad = () => {
    throw new Error('odd')
  }
  for (const more of [{}, { parsePart: bad }]) {
    const [, second] = await readProbes(stuck('half of'), [probe(), probe({ sh: 'y', ...more })])
    expect(second).toEqual({ kind: 'unknown', why: 'no answer within 0.02 s' })
  }
})

describe('after the lock was taken', () => {
  /** A connection on which each probe prints how often it was run. */
  const counting = () => {
    const runs = new Map<string, number>()
    let execs = 0
    const connection = {
      run: async (script: string, { onStdout }: { onStdout(text: string): void }) => {
        execs++
        const boundary = /=[0-9a-f]{24}/.exec(script)?.[0]
        const names = [...script.matchAll(/eval 'probe (\w)'/g)].map(([, name = '']) => name)
        for (const name of names) runs.set(name, (runs.get(name) ?? 0) + 1)
        const stdout = names.map((name, i) => `${runs.get(name)}\n${boundary} ${i} 0\n`).join('')
        onStdout(stdout)
        return { code: 0, stdout, stderr: '' }
      },
    } as unknown as Connection
    const readings = hostReadings(
      connection,
      [...'abcdefgh'].map(id => ({ id, probe: probe({ sh: `probe ${id}`, timeout: 5_000 }) })),
    )
    return { readings, execs: () => execs, count: (id: string) => runs.get(id) ?? 0 }
  }

  test('earlier readings are judged, but not used for a change', async () => {
    const { readings, execs, count } = counting()
    await readings.ensure('a')
    expect(readings.fresh('b')).toEqual(present('1'))
    readings.lockTaken()
    await readings.ensure('b')
    expect([execs(), count('b'), readings.fresh('b')]).toEqual([1, 1, undefined])
    readings.renew(['b'])
    // Reads together what may be changed together, and nothing else.
    await readings.ensure('b', undefined, ['c', 'd'])
    expect([...'abcde'].map(count)).toEqual([1, 2, 2, 2, 1])
    expect([readings.fresh('b'), readings.fresh('d'), readings.fresh('e')]).toEqual([present('2'), present('2'), undefined])
    // Read under the lock: no need to do it again.
    readings.renew(['b', 'c'])
    await readings.ensure('c')
    expect(execs()).toBe(2)
  })

  test('if somebody else had it, everything is read again', async () => {
    const { readings, count } = counting()
    await readings.ensure('a')
    readings.invalidate()
    readings.lockTaken()
    await readings.ensure('a')
    await readings.ensure('c')
    expect([count('a'), count('c')]).toEqual([2, 2])
  })
})
