import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../lib/engine/events.ts'
import { exitCodeOf, recapOf } from '../../lib/report/stats.ts'
import { present } from '../../lib/resources/reading.ts'
import type { HostResource, Resource } from '../../lib/resources/resource.ts'
import { differsBy } from '../../lib/resources/verdict.ts'
import { playOn } from './one-host-play.ts'
import { isRoot, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'

const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))
const why = whyNoSshd() ?? (isRoot ? undefined : 'the lock belongs to root')

/** A machine that accepts connections but does not answer. */
const muteServer = async () => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    sockets.add(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe.skipIf(why !== undefined)(`a run that is interrupted${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder: string
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-interrupted-'))
    return () => rmSync(folder, { recursive: true })
  })

  /** Plays resources on one host; resolves with the events and with how long the run took to end after the signal, ms. */
  const play = (resources: Resource[], target = sshd.target()) => {
    let since = 0
    const { events, ended, interrupt } = playOn(target, at('lock'), resources)
    return {
      events,
      interrupt() {
        since = performance.now()
        interrupt()
      },
      ended: ended.then(() => ({
        took: performance.now() - since,
        ends: events.flatMap(e => (e.type === 'task-end' ? [`${e.resource} ${e.status} ${e.reason ?? ''}`.trim()] : [])),
      })),
    }
  }

  const step = (id: string, script: string): HostResource<boolean> => ({
    scope: 'host',
    id,
    probe: { sh: `[ -e ${at(id)} ]`, parse: o => present(o.code === 0) },
    compare: a => differsBy(a.kind === 'present' && a.state ? [] : [{ attribute: 'there', from: 'no', to: 'yes' }]),
    async apply($) {
      await $({ prefix: '', input: '' })`sh -c ${script}`
      await $`touch ${at(id)}`
    },
  })

  test('a connection that is lost during a task: unreachable once, not failed, exit code 4', async () => {
    const run = play([step('cut', `touch ${at('begun')}; sleep 30`), step('after', ':')])
    await until(() => existsSync(at('begun')), 'the step', 60_000)
    for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL')
    expect((await run.ended).ends).toEqual(['cut unknown the connection to M1 was lost'])
    expect(run.events.filter(e => e.type === 'host-unreachable')).toHaveLength(1)
    const events = run.events as Event[]
    expect(recapOf(events).M1).toMatchObject({ unreachable: 1, failed: 0, unknown: 1 })
    expect(exitCodeOf(events)).toBe(4)
  })

  test('a reading is cancelled at once', async () => {
    const slow = step('slow', ':')
    const run = play([{ ...slow, probe: { ...slow.probe, sh: `touch ${at('reading')}; sleep 50`, timeout: 60_000 } }])
    await until(() => existsSync(at('reading')), 'the reading', 60_000)
    run.interrupt()
    const { took, ends } = await run.ended
    expect(took).toBeLessThan(10_000)
    expect(ends).toEqual(['slow skipped interrupted'])
  })

  test('a step that makes a change may finish, and the run reports that it is waiting for it', async () => {
    const run = play([step('slow', `touch ${at('begun')}; until [ -e ${at('go')} ]; do sleep 0.1; done`), step('after', ':')])
    await until(() => existsSync(at('begun')), 'the step', 60_000)
    run.interrupt()
    const waits = () => run.events.find(e => e.type === 'message')
    expect(waits()).toMatchObject({ host: 'M1', text: 'waiting 60 s at most for slow to finish; a second signal ends the run at once' })
    writeFileSync(at('go'), '')
    expect((await run.ended).ends).toEqual(['slow changed'])
    expect(run.events.find(e => e.type === 'host-stopped')).toMatchObject({ reason: 'interrupted', remaining: 1 })
    expect(existsSync(at('after'))).toBe(false)
  })

  test('a host that does not answer does not delay the end', async () => {
    const mute = await muteServer()
    try {
      const run = play([step('x', ':')], sshd.target({ port: mute.port, connectTimeout: 60_000 }))
      await until(() => run.events.some(e => e.type === 'host-connecting'), 'the attempt')
      run.interrupt()
      expect((await run.ended).took).toBeLessThan(3_000)
    } finally {
      mute.close()
    }
  })

  test.each([
    ['SIGHUP', 129],
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s: the recap, what was not read, exit code %i', async (signal, code) => {
    const mute = await muteServer()
    const lab = readFileSync(new URL('../../inventory/hosts.yml', import.meta.url), 'utf8')
    const inventory = lab
      .replace(/^ *nfsha_example.*$/m, `        ansible_port: ${mute.port}`)
      .replace(/ansible_host: \S+/g, 'ansible_host: 127.0.0.1')
      .replace(/_secret: ""/g, '_secret: not-so-secret')
    writeFileSync(at('hosts.yml'), inventory)
    const child = spawn(process.execPath, [bin, 'status.yml', '-i', 'hosts.yml', '-e', 'ansible_ssh_common_args="-o ConnectTimeout=100"'], {
      cwd: folder,
    })
    const seen = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', text => {
        seen[name] += text
      })
    const ended = new Promise(resolve => child.once('close', resolve))
    try {
      await until(() => seen.stdout.includes('PLAY [') || child.exitCode !== null, 'the play', 60_000)
      const before = performance.now()
      child.kill(signal)
      expect(await ended, seen.stderr).toBe(code)
      expect(performance.now() - before).toBeLessThan(15_000)
      expect(seen.stderr).toContain(`INTERRUPTED by ${signal}`)
      expect(seen.stdout).toContain('RECAP')
      expect(seen.stdout).toMatch(/nothing was done in .*; unfinished: M1 \(not reached\), M2 \(not reached\)\n$/)
    } finally {
      mute.close()
      child.kill('SIGKILL')
    }
  })
})
