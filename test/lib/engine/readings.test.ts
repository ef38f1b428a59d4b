import { expect, test } from 'vitest'
import { readProbes } from '../../../lib/engine/sources/read-probes.ts'
import type { Probe } from '../../../lib/resources/resource.ts'
import { present } from '../../../lib/resources/resource.ts'
import type { Connection } from '../../../lib/ssh/connection.ts'

/** Answers the first probe, prints the beginning of the second one's answer, and then nothing more until it is given up. */
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

test('what a probe printed before it hung is kept where the probe can say what that means', async () => {
  const parsePart = (stdout: string) => ({ half: stdout })
  const [first, second] = await readProbes(stuck('half of'), [probe(), probe({ sh: 'y', parsePart })])
  expect(first).toEqual(present('first\n'))
  expect(second).toEqual({ kind: 'unknown', until: 'an answer: none came within 0.02 s', partly: { half: 'half of' } })
})

test('without that, or where it fails, the reading is only unknown', async () => {
  const bad = () => {
    throw new Error('odd')
  }
  for (const more of [{}, { parsePart: bad }]) {
    const [, second] = await readProbes(stuck('half of'), [probe(), probe({ sh: 'y', ...more })])
    expect(second).toEqual({ kind: 'unknown', until: 'an answer: none came within 0.02 s' })
  }
})
