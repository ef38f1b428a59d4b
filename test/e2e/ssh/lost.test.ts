import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { type Connection, Unreachable } from '../../../lib/ssh/connection.ts'
import { type Sshd, startSshd, until, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()

describe.skipIf(missing)(`a lost connection${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let sshd: Sshd
  let connection: Connection
  beforeEach(async () => {
    sshd = await startSshd()
    connection = await connect(sshd.target())
  })
  afterEach(async () => {
    await connection.close()
    await sshd.stop()
  })

  /** Starts a long command. @returns its result as a promise, once it is running */
  const started = async (): Promise<{ ended: Promise<unknown> }> => {
    let runs = false
    const ended = connection.run('echo on; sleep 30', { onStdout: () => (runs = true) }).catch(error => error)
    await until(() => runs, 'the command')
    return { ended }
  }

  const signalSessions = (signal: NodeJS.Signals) => {
    for (const pid of sshd.sessions()) process.kill(pid, signal)
  }

  it('rejects running, waiting and new commands at once', async () => {
    const running = await started()
    const waiting = Promise.allSettled(Array.from({ length: 8 }, () => connection.run('sleep 30')))
    const shell = connection.$({ nothrow: true })`sleep 30`.catch(error => error)
    const before = performance.now()
    signalSessions('SIGKILL')
    const error = (await running.ended) as Unreachable
    expect(error).toBeInstanceOf(Unreachable)
    expect(error.message).toContain('M1: the connection was lost while a command was running')
    expect(error.hint).toContain('may still be running there')
    for (const result of await waiting) expect(result).toMatchObject({ status: 'rejected', reason: { name: 'Unreachable', host: 'M1' } })
    expect(await shell).toBeInstanceOf(Unreachable)
    await expect(connection.run('true')).rejects.toBeInstanceOf(Unreachable)
    await expect(connection.$`true`).rejects.toBeInstanceOf(Unreachable)
    expect(performance.now() - before).toBeLessThan(3_000)
  })

  it('detects a peer that no longer answers', async () => {
    await connection.close()
    connection = await connect(sshd.target(), { keepalive: { interval: 200, count: 4 } })
    const running = await started()
    const before = performance.now()
    signalSessions('SIGSTOP')
    const error = (await running.ended) as Unreachable
    signalSessions('SIGKILL')
    expect(error).toBeInstanceOf(Unreachable)
    expect(error.message).toContain('Keepalive timeout')
    expect(performance.now() - before).toBeGreaterThan(600)
  })

  it('treats a quiet peer as alive', async () => {
    await connection.close()
    connection = await connect(sshd.target(), { keepalive: { interval: 50, count: 4 } })
    expect((await connection.run('sleep 1.5; echo still here')).stdout).toBe('still here\n')
  })

  it('can be closed twice', async () => {
    await connection.close()
    await connection.close()
    await expect(connection.run('true')).rejects.toBeInstanceOf(Unreachable)
  })
})
