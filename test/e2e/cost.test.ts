import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventBody } from '../../lib/engine/events.ts'
import type { PlayPlan } from '../../lib/engine/play.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { directory } from '../../lib/resources/directory.ts'
import { lineInFile } from '../../lib/resources/edit.ts'
import { file } from '../../lib/resources/file.ts'
import { link } from '../../lib/resources/link.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { namespace, startedIn, whyNoForkCount } from '../forks.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

// What a run costs a host: ssh execs and processes. They are counted, so the result is the same on every machine. docs/performance.md has these numbers.
const why = whyNoSshd() ?? (isRoot ? whyNoForkCount() : 'the files belong to root')

/** Additional processes that another version of sshd may start for one connection. */
const sshdDiffers = 5

/** 31 resources of the kinds that most roles use, each missing at first. */
const resourcesIn = (folder: string): Resource[] => [
  directory(join(folder, 'd')),
  ...Array.from({ length: 20 }, (_, i) => file(join(folder, `d/file-${i}`), { content: `content of ${i}\n`, mode: 0o640 })),
  ...Array.from({ length: 5 }, (_, i) => lineInFile(join(folder, `lines-${i}`), 'b 2', /^b /)),
  ...Array.from({ length: 5 }, (_, i) => link(join(folder, `link-${i}`), `d/file-${i}`)),
]

describe.skipIf(why !== undefined)(`what a run costs a host${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder: string
  beforeAll(async () => {
    sshd = await startSshd([], undefined, namespace)
    folder = mkdtempSync(join(tmpdir(), 'nfsha-cost-'))
  })
  afterAll(async () => {
    await sshd.stop()
    rmSync(folder, { recursive: true })
  })

  const cost = async () => {
    const events: EventBody[] = []
    const nodes = [{ name: 'A', vars: {} }]
    const play: PlayPlan<object> = {
      name: 'test',
      roles: [{ name: 'cost', summary: '', steps: () => resourcesIn(folder) }],
      targets: [{ cluster: { name: 'one', nodes, clients: [] }, hosts: nodes, left: [] }],
      selects: () => true,
      anyErrorsFatal: true,
      identity: () => [],
    }
    const before = startedIn(sshd.pid)
    await runPlays([play], {
      check: false,
      forks: 1,
      signal: new AbortController().signal,
      emit: e => void events.push(e),
      connect: name => connect(sshd.target({ name })),
      lock: { lease: 60, renewEvery: 10_000, directory: join(folder, 'lock') },
    })
    const statuses = events.flatMap(e => (e.type === 'task-end' ? [e.status] : []))
    const closed = events.find(e => e.type === 'host-closed')
    return {
      changed: statuses.filter(s => s === 'changed').length,
      ok: statuses.filter(s => s === 'ok').length,
      execs: closed?.execs ?? 0,
      // The shell of the previous count was one of them.
      processes: startedIn(sshd.pid) - before - 1,
    }
  }

  test('everything changes, nothing changes, one file changes', async () => {
    const all = await cost()
    const none = await cost()
    writeFileSync(join(folder, 'd/file-7'), 'changed by hand\n')
    const one = await cost()
    expect(all).toMatchObject({ changed: 31, ok: 0, execs: 5 })
    expect(none).toMatchObject({ changed: 0, ok: 31, execs: 2 })
    expect(one).toMatchObject({ changed: 1, ok: 30, execs: 5 })
    expect(all.processes).toBeLessThanOrEqual(191 + sshdDiffers)
    expect(none.processes).toBeLessThanOrEqual(20 + sshdDiffers)
    expect(one.processes).toBeLessThanOrEqual(58 + sshdDiffers)
  })
})
