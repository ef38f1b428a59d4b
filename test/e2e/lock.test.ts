import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clusterLock, Locked, LockLost, type LockOptions, type Mark, parseMark } from '../../lib/engine/lock.ts'
import { markScript, unlockScript } from '../../lib/engine/lock-scripts.ts'
import { blocksOf } from '../../lib/resources/blocks.ts'
import { connect } from '../../lib/ssh/connect.ts'
import type { Connection } from '../../lib/ssh/connection.ts'
import { runOfChanges } from './lease-run.ts'
import { isAlive, isRoot, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'
import { stopAndGoOn } from './stopped-run.ts'

const why = whyNoSshd() ?? (isRoot ? undefined : 'the lock is in /run')

describe.skipIf(why !== undefined)(`the lock over a real sshd${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder: string
  let connections: Connection[]
  /** A lock only for this test, because other tests run on this machine. */
  let times: LockOptions
  const at = (name: string) => join(folder, name)
  const open = async () => {
    const connection = await connect(sshd.target())
    connections.push(connection)
    return connection
  }
  const hostOf = (connection: Connection) => ({
    host: 'M1',
    connection,
    readings: { invalidate: () => undefined, lockTaken: () => undefined },
  })
  /** A held lock, and the connection that makes changes under it. */
  const holding = async (owner: string, options: LockOptions = times) => {
    const connection = await open()
    const lock = clusterLock(owner, options)
    await lock.take([hostOf(connection)])
    return { connection, lock, writer: connection.fenced(lock.fence) }
  }
  /** Processes that hold the lock may survive a failed test: frees the lock before the next one. */
  const isFree = async () => {
    const lock = clusterLock('free?', times)
    try {
      await lock.take([hostOf(await open())])
      await lock.release()
      return true
    } catch (error) {
      if (error instanceof Locked) return false
      throw error
    }
  }

  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())
  beforeEach(async () => {
    connections = []
    folder = mkdtempSync(join(tmpdir(), 'nfsha-lock-'))
    times = { lease: 1, renewEvery: 200, directory: at('lock') }
    return async () => {
      await Promise.all(connections.map(c => c.close()))
      rmSync(folder, { recursive: true })
    }
  })

  test('a script runs while the lock is held, by $, run and upload, with its own output, input and exit code', async () => {
    // A busy machine may be late with a renewal; no step of this test waits for the end of the lease.
    const { writer, lock } = await holding('me', { ...times, lease: 60 })
    expect((await writer.$`printf ${"x 'y"}; cat`.quiet()).stdout).toBe("x 'y")
    expect(await writer.run('cat; echo e >&2; exit 7', { input: 'in' })).toEqual({ code: 7, stdout: 'in', stderr: 'e\n' })
    writeFileSync(at('local'), 'text')
    await writer.upload(at('local'), at('there'), { sha256: '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1' })
    expect(readFileSync(at('there'), 'utf8')).toBe('text')
    await lock.release()
    await expect(writer.$`touch ${at('late')}`).rejects.toThrow('the lock on M1 is no longer held by this run: nothing more is changed')
    await expect(writer.run(`touch ${at('late')}`)).rejects.toBeInstanceOf(LockLost)
    await expect(writer.upload(at('local'), at('late'), { sha256: 'x' })).rejects.toBeInstanceOf(LockLost)
    expect(existsSync(at('late'))).toBe(false)
  })

  test('a lease that is not renewed ends, and the new owner of the lock is named', async () => {
    const connection = await open()
    const silent = clusterLock('silent', { ...times, renewEvery: 1_000_000 })
    await silent.take([hostOf(connection)])
    silent.verify()
    await until(isFree, 'the end of the lease')
    expect(() => silent.verify()).toThrow(LockLost)
    const other = await holding('other')
    await expect(connection.fenced(silent.fence).run(`touch ${at('late')}`)).rejects.toMatchObject({ owner: 'other' })
    expect(existsSync(at('late'))).toBe(false)
    await other.lock.release()
  })

  test('after unlock the run makes no more changes', async () => {
    const { writer, connection, lock } = await holding('somebody')
    expect((await connection.run(unlockScript(times.directory))).stdout).toBe('somebody\n')
    await expect(writer.run(`touch ${at('late')}`)).rejects.toBeInstanceOf(LockLost)
    await until(() => {
      try {
        lock.verify()
        return false
      } catch {
        return true
      }
    }, 'the lease to end')
    expect(existsSync(at('late'))).toBe(false)
    expect((await connection.run(unlockScript(times.directory))).stdout).toBe('not locked\n')
    expect(await isFree()).toBe(true)
  })

  test('nobody gets the lock while a step of the previous run is still running, and unlock names the step', async () => {
    const { writer, connection } = await holding('first')
    const step = writer.run(`touch ${at('begun')}; until [ -e ${at('go')} ]; do sleep 0.05; done; echo done`)
    await until(() => existsSync(at('begun')), 'the step')
    const said = (await connection.run(unlockScript(times.directory))).stdout
    expect(said).toMatch(/^first\nstep \d+\n$/)
    const second = clusterLock('second', times)
    const refused = await second.take([hostOf(await open())]).catch(error => error)
    expect(refused).toBeInstanceOf(Locked)
    expect(refused.owner).toBe('first, one step of which is still running here')
    writeFileSync(at('go'), '')
    expect((await step).stdout).toBe('done\n')
    expect(await isFree()).toBe(true)
  })

  test('processes that a step leaves behind do not hold the lock', async () => {
    const { writer, lock } = await holding('first')
    const { stdout } = await writer.run('setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $!')
    const pid = Number(stdout)
    try {
      await lock.release()
      expect(isAlive(pid)).toBe(true)
      expect(await isFree()).toBe(true)
    } finally {
      process.kill(pid)
    }
  })

  test('a lock that is taken again on a new connection outlives the lease of the old one', async () => {
    const { connection, lock } = await holding('me')
    const fresh = await open()
    await lock.retake('M1', fresh)
    await connection.close()
    await delay(times.lease * 2_500)
    expect((await fresh.fenced(lock.fence).run('echo still')).stdout).toBe('still\n')
    expect(await isFree()).toBe(false)
    await lock.release()
    expect(await isFree()).toBe(true)
  })

  test('if the process of a lease is killed, nobody else can make changes at the same time', async () => {
    const { writer } = await holding('first')
    process.kill(Number(readFileSync(at('lock/holder'), 'utf8')), 'SIGKILL')
    const second = await holding('second')
    await expect(writer.run(`touch ${at('late')}`)).rejects.toMatchObject({ owner: 'second' })
    expect(existsSync(at('late'))).toBe(false)
    await second.lock.release()
  })

  describe('state that was read before the lock was held', () => {
    const markOf = async (connection: Connection): Promise<Mark | undefined> =>
      parseMark(blocksOf((await connection.run(`${markScript(times.directory)}echo "@os"`)).stdout).mark)
    /** Takes the lock, given what was read of it; returns whether the earlier state of the host is still valid. */
    const takes = async (owner: string, marks: (Mark | undefined)[]) => {
      const seen: string[] = []
      const connection = await open()
      const lock = clusterLock(owner, times)
      const readings = { invalidate: () => void seen.push('out of date'), lockTaken: () => void seen.push('held') }
      await lock.take(marks.map((mark, i) => ({ host: `M${i + 1}`, connection, readings, mark })))
      await lock.release()
      return seen.join()
    }
    const quiet = (last: string): Mark => ({ last, isQuiet: true })

    test('is kept if nobody has held the lock since', async () => {
      const connection = await open()
      expect(await markOf(connection)).toEqual(quiet(''))
      expect(await takes('first', [quiet('')])).toBe('held')
      expect(await markOf(connection)).toEqual(quiet('first'))
      expect(await takes('second', [quiet('first')])).toBe('held')
      // The next play of the same run.
      expect(await takes('second', [await markOf(connection)])).toBe('held')
    })

    test('is invalid if another run has held the lock since, or if that is not known', async () => {
      const connection = await open()
      const before = await markOf(connection)
      expect(await takes('first', [before])).toBe('held')
      expect(await takes('second', [before])).toBe('out of date,held')
      expect(await takes('third', [undefined])).toBe('out of date,held')
      expect(await takes('fourth', [await markOf(connection)])).toBe('held')
    })

    test('is invalid on both hosts if it is invalid on one', async () => {
      const here = await markOf(await open())
      expect(await takes('first', [here, quiet('somebody')])).toBe('out of date,held,out of date,held')
    })

    test('is invalid if a run held the lock at that time', async () => {
      const { connection, lock } = await holding('first')
      const mark = await markOf(connection)
      expect(mark).toEqual({ last: 'first', isQuiet: false })
      await lock.release()
      expect(await takes('second', [mark])).toBe('out of date,held')
    })

    test('is invalid if a lease has ended and a step of its run continued', async () => {
      const { connection, writer, lock } = await holding('first')
      const step = writer.run(`touch ${at('begun')}; until [ -e ${at('go')} ]; do sleep 0.05; done`)
      await until(() => existsSync(at('begun')), 'the step')
      await lock.release()
      // Nobody holds the lock, but somebody still writes.
      const mark = await markOf(connection)
      expect(mark).toEqual({ last: 'first', isQuiet: false })
      writeFileSync(at('go'), '')
      await step
      // It has ended now, but had not when the state was read.
      expect(await markOf(connection)).toEqual(mark)
      expect(await takes('second', [quiet('first')])).toBe('out of date,held')
      expect(await takes('third', [await markOf(connection)])).toBe('held')
    })

    test('is invalid after unlock, and after a lease that was killed', async () => {
      const { connection } = await holding('first')
      await connection.run(unlockScript(times.directory))
      await until(async () => !existsSync(at('lock/owner')), 'the lock to be free')
      expect(await markOf(connection)).toEqual({ last: 'first', isQuiet: false })
      expect(await takes('second', [quiet('first')])).toBe('out of date,held')
      expect(await markOf(connection)).toEqual(quiet('second'))
      await holding('third')
      process.kill(Number(readFileSync(at('lock/holder'), 'utf8')), 'SIGKILL')
      expect(await markOf(connection)).toEqual({ last: 'third', isQuiet: false })
      expect(await takes('fourth', [quiet('third')])).toBe('out of date,held')
    })
  })

  test.each([0, 70, 400])(
    'a run that is stopped %i ms after its first change, until another has worked, changes nothing more',
    { timeout: 400_000 },
    async moment => {
      await stopAndGoOn(sshd, folder, moment)
    },
  )

  test('a run alone succeeds', async () => {
    writeFileSync(at('log'), '')
    expect(await runOfChanges('A', sshd.target(), at('log'), 3)).toBe(0)
  })
})
