import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../lib/engine/events.ts'
import type { PlayPlan } from '../../lib/engine/play.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { profileOf } from '../../lib/report/profile/profile.ts'
import { directory } from '../../lib/resources/directory.ts'
import { file } from '../../lib/resources/file.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

// The profile of a run over a real sshd. The files belong to root.
const why = whyNoSshd() ?? (isRoot ? undefined : 'the files belong to root')

describe.skipIf(why !== undefined)(`the profile of a run${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder: string
  beforeAll(async () => {
    sshd = await startSshd()
    folder = mkdtempSync(join(tmpdir(), 'nfsha-profile-'))
  })
  afterAll(async () => {
    await sshd.stop()
    rmSync(folder, { recursive: true })
  })

  const run = async (profile: boolean, content: string) => {
    const events: Event[] = []
    const emit = (body: EventBody) =>
      void events.push({ v: 1, run: 'r', seq: events.length, time: new Date().toISOString(), ...body } as Event)
    const nodes = ['A', 'B'].map(name => ({ name, vars: {} }))
    const play: PlayPlan<object> = {
      name: 'test',
      roles: [
        { name: 'first', summary: '', steps: ({ host }) => [directory(join(folder, host))] },
        { name: 'second', summary: '', steps: ({ host }) => [file(join(folder, host, 'f'), { content })] },
      ],
      targets: [{ cluster: { name: 'pair', nodes, clients: [] }, hosts: nodes, left: [] }],
      selects: () => true,
      anyErrorsFatal: true,
      identity: () => [],
    }
    const started = Date.now()
    await runPlays([play], {
      check: false,
      profile,
      forks: 1,
      signal: new AbortController().signal,
      emit,
      connect: host =>
        connect(sshd.target({ name: host }), { onExec: profile ? cost => emit({ type: 'exec', host, ...cost }) : undefined }),
      lock: { lease: 60, renewEvery: 10_000, directory: join(folder, 'lock') },
    })
    const execs = events.flatMap(e => (e.type === 'host-closed' ? [e.execs] : []))
    return { events, execs, ms: Date.now() - started }
  }

  test('accounts for all the time, every exec, and the processes that the hosts have started', async () => {
    const before = Number(/^processes (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    const { events, execs, ms } = await run(true, 'one\n')
    const after = Number(/^processes (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    const profile = profileOf(events)
    expect(profile?.hosts.map(h => [h.host, h.execs])).toEqual([
      ['A', execs[0]],
      ['B', execs[1]],
    ])
    for (const { times, sent, received, forks, spans } of profile?.hosts ?? []) {
      // A change may be verified by the same command: then verifying takes no extra time.
      for (const phase of ['connect', 'read', 'lock', 'apply'] as const) expect(times[phase], phase).toBeGreaterThan(0)
      const total = Object.values(times).reduce((a, b) => a + b)
      expect(total).toBeLessThanOrEqual(ms)
      // There is no gap from the first connection to the release of the locks.
      expect(total).toBe((spans.at(-1)?.from ?? 0) + (spans.at(-1)?.ms ?? 0) - (spans[0]?.from ?? 0))
      expect(sent).toBeGreaterThan(1000)
      expect(received).toBeGreaterThan(100)
      expect(forks).toBeGreaterThan(20)
      expect(forks).toBeLessThanOrEqual(after - before)
    }
    expect(profile?.roles.map(r => r.role)).toEqual(['', 'first', 'second'])
    expect(profile?.roles.find(r => r.role === 'second')?.times.apply).toBeGreaterThan(0)
  })

  test('costs nothing if it is off: no extra events, no extra execs', async () => {
    const { execs: asked } = await run(true, 'one\n')
    const { events, execs } = await run(false, 'one\n')
    expect(execs).toEqual(asked)
    expect(execs).toEqual([2, 2])
    expect(events.filter(e => e.type === 'activity' || e.type === 'exec')).toEqual([])
    expect(profileOf(events)).toBeUndefined()
  })
})
