import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { type Connection, ScriptTimeout, Unreachable } from '../../../lib/ssh/connection.ts'
import { JobLost, runJob } from '../../../lib/ssh/job.ts'
import { describePlaces } from './places.ts'
import { isAlive, startSshd, until, whyNoSshd } from './sshd.ts'

const root = mkdtempSync(join(tmpdir(), 'nfsha-jobs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let count = 0
/** A new jobs directory, and a file with which a test lets its job continue. */
const fresh = () => {
  const directory = join(root, String(count++))
  const go = `${directory}.go`
  return { directory, go, waitForGo: `until [ -e ${go} ]; do sleep 0.05; done`, letGo: () => writeFileSync(go, '') }
}

/** The job's process ID, from its file. */
const pidOf = (directory: string, id: string) => Number(readFileSync(join(directory, id, 'pid'), 'utf8').split(' ')[0])

describePlaces('jobs', here => {
  it('returns exit code and output, streams the output, and leaves nothing behind', async () => {
    const { directory } = fresh()
    const pieces: string[] = []
    const begun: string[] = []
    const script = 'echo one; echo two >&2; printf "ä\\0z"; umask'
    const result = await runJob(here().connection, {
      id: 'a',
      directory,
      script,
      onOutput: text => pieces.push(text),
      onBegin: how => begun.push(how),
    })
    expect(result).toEqual({ code: 0, output: expect.stringMatching(/^one\ntwo\nä\0z00[02]2\n$/) })
    expect(pieces.join('')).toBe(result.output)
    expect(begun).toEqual(['started'])
    expect(readdirSync(directory)).toEqual([])
  })

  it('keeps the log of a failure, readable only by root, and starts again the next time', async () => {
    const { directory } = fresh()
    const job = { id: 'a', directory, script: 'echo no; exit 3' }
    expect(await runJob(here().connection, job)).toEqual({ code: 3, output: 'no\n' })
    expect(readFileSync(join(directory, 'a', 'output'), 'utf8')).toBe('no\n')
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700)
    expect(existsSync(join(directory, 'a', 'script'))).toBe(false)
    expect(await runJob(here().connection, { ...job, script: 'echo yes' })).toEqual({ code: 0, output: 'yes\n' })
  })

  it('takes two execs', async () => {
    const { directory } = fresh()
    const before = here().connection.counts.execs
    await runJob(here().connection, { id: 'a', directory, script: 'echo 1; sleep 1; echo 2' })
    expect(here().connection.counts.execs - before).toBe(2 * here().execs)
  })

  it('transfers much output', async () => {
    const { directory } = fresh()
    const { output } = await runJob(here().connection, { id: 'a', directory, script: 'seq 1 300000' })
    expect(output.length).toBe(1_988_895)
    expect(output.endsWith('\n300000\n')).toBe(true)
  })

  it('detaches on abort; the job continues, and is adopted with all its output', async () => {
    const { directory, waitForGo, letGo } = fresh()
    const script = `echo before; ${waitForGo}; echo after`
    const controller = new AbortController()
    const first = runJob(here().connection, {
      id: 'a',
      directory,
      script,
      signal: controller.signal,
      onOutput: () => controller.abort(new Error('enough')),
    })
    await expect(first).rejects.toThrow('enough')
    const pid = pidOf(directory, 'a')
    expect(isAlive(pid)).toBe(true)
    const begun: string[] = []
    const second = runJob(here().connection, {
      id: 'a',
      directory,
      script: 'echo another',
      onBegin: how => begun.push(how),
      onOutput: letGo,
    })
    expect(await second).toEqual({ code: 0, output: 'before\nafter\n' })
    expect(begun).toEqual(['adopted'])
  })

  it('returns the result of a job that succeeded while detached, once, and only to the same script', async () => {
    for (const [script, how, output] of [
      ['same', 'finished', 'ran\n'],
      ['other', 'started', 'other\n'],
    ]) {
      const { directory, waitForGo, letGo } = fresh()
      const same = `${waitForGo}; echo ran`
      const controller = new AbortController()
      const first = runJob(here().connection, {
        id: 'a',
        directory,
        script: same,
        signal: controller.signal,
        onBegin: () => controller.abort(new Error('enough')),
      })
      await expect(first).rejects.toThrow('enough')
      letGo()
      await until(() => existsSync(join(directory, 'a', 'exit')), 'the end of the job')
      const begun: string[] = []
      const job = { id: 'a', directory, script: script === 'same' ? same : 'echo other', onBegin: (how: string) => begun.push(how) }
      expect(await runJob(here().connection, job)).toEqual({ code: 0, output })
      expect(begun).toEqual([how])
      expect(readdirSync(directory)).toEqual([])
    }
  })

  it('ends the job and everything that it started at the time limit', async () => {
    const { directory } = fresh()
    let pids: number[] = []
    const running = runJob(here().connection, {
      id: 'a',
      directory,
      script: 'sleep 300 & echo $! $$; wait',
      timeout: 1_000,
      onOutput: text => (pids = text.trim().split(' ').map(Number)),
    })
    await expect(running).rejects.toThrow(ScriptTimeout)
    expect(pids).toHaveLength(2)
    await until(() => pids.every(pid => !isAlive(pid)), 'the end of the processes')
  })

  it('reports a job that disappeared without an exit code', async () => {
    const { directory } = fresh()
    const running = runJob(here().connection, {
      id: 'a',
      directory,
      script: 'echo last words; sleep 300',
      onOutput: () => void here().connection.run(`kill -KILL -${pidOf(directory, 'a')}`),
    })
    const error = await running.catch(reason => reason)
    expect(error).toBeInstanceOf(JobLost)
    expect(error.message).toBe('M1: the job a disappeared without an exit code; its last output: last words')
    expect(error.hint).toContain(join(directory, 'a', 'output'))
  })

  it('reports a job that cannot be started', async () => {
    const running = runJob(here().connection, { id: 'a', directory: '/proc/nfsha', script: 'true' })
    await expect(running).rejects.toThrow('M1: the job a cannot be run or followed')
  })

  it('refuses an id that is a path', async () => {
    await expect(runJob(here().connection, { id: '../a', script: 'true' })).rejects.toThrow('is not a valid job id')
  })
})

const missing = whyNoSshd()

describe.skipIf(missing)(`a job and a lost connection${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('survives it; a new connection continues at its offset', async () => {
    const sshd = await startSshd()
    onTestFinished(() => sshd.stop())
    const { directory, waitForGo, letGo } = fresh()
    const connections: Connection[] = [await connect(sshd.target())]
    const lose = () => {
      for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL')
    }
    let lost = 0
    const result = await runJob(connections[0] as Connection, {
      id: 'a',
      directory,
      script: `printf 'h\\303'; ${waitForGo}; printf '\\244lf'; exit 0`,
      onOutput: () => {
        if (lost++ === 0) lose()
      },
      reconnect: async () => {
        const again = await connect(sshd.target())
        connections.push(again)
        letGo()
        return again
      },
    })
    // A character that the loss split in two is complete.
    expect(result).toEqual({ code: 0, output: 'hälf' })
    expect(connections).toHaveLength(2)
    for (const connection of connections) await connection.close()
  })

  it('returns its exit code even if it ended while nobody was connected', async () => {
    const sshd = await startSshd()
    onTestFinished(() => sshd.stop())
    const { directory, waitForGo, letGo } = fresh()
    const connections: Connection[] = [await connect(sshd.target())]
    const result = await runJob(connections[0] as Connection, {
      id: 'a',
      directory,
      script: `echo on; ${waitForGo}; echo off; exit 7`,
      onOutput: text => {
        if (text !== 'on\n') return
        for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL')
      },
      reconnect: async () => {
        letGo()
        await until(() => existsSync(join(directory, 'a', 'exit')), 'the end of the job')
        connections.push(await connect(sshd.target()))
        return connections[1] as Connection
      },
    })
    expect(result).toEqual({ code: 7, output: 'on\noff\n' })
    for (const connection of connections) await connection.close()
  })

  it('rejects without reconnect, and the job continues', async () => {
    const sshd = await startSshd()
    onTestFinished(() => sshd.stop())
    const { directory, waitForGo, letGo } = fresh()
    const connection = await connect(sshd.target())
    const running = runJob(connection, {
      id: 'a',
      directory,
      script: `echo on; ${waitForGo}`,
      onOutput: () => {
        for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL')
      },
    })
    await expect(running).rejects.toBeInstanceOf(Unreachable)
    const pid = pidOf(directory, 'a')
    expect(isAlive(pid)).toBe(true)
    letGo()
    await until(() => !isAlive(pid), 'the end of the job')
    await connection.close()
  })
})
