import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import type { Event } from '../../lib/engine/events.ts'
import { nfshaCommand, storyOf } from './run.ts'

/** Plays, and ends the runner at the first event of this kind, as an out-of-memory killer or a power loss of its machine would. */
export const killedAt = async (lab: string, argv: string[], what: string, isThere: (event: Event) => boolean): Promise<void> => {
  const { file, args } = nfshaCommand(lab, [...argv, '--output', 'jsonl'])
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<NodeJS.Signals | null>(resolve => child.once('close', (_code, signal) => resolve(signal)))
  const events: Event[] = []
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as Event
    events.push(event)
    if (isThere(event)) child.kill('SIGKILL')
  }
  expect(await ended, `the run came to '${what}' and was killed; ${storyOf(events, stderr)}`).toBe('SIGKILL')
}

/** The same, right after this resource was changed. */
export const killedAfter = (lab: string, argv: string[], resource: string): Promise<void> =>
  killedAt(lab, argv, resource, e => e.type === 'task-end' && e.resource === resource && e.status === 'changed')

/** The same, when this step begins. */
export const killedInStep = (lab: string, argv: string[], step: string): Promise<void> =>
  killedAt(lab, argv, step, e => e.type === 'task-progress' && e.progress.text === step)
