import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { runOfChanges } from './lease-run.ts'
import { isAlive, type Sshd, until } from './ssh/sshd.ts'

const program = fileURLToPath(new URL('lease-run.ts', import.meta.url))
const linesOf = (log: string) =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter(line => line !== '')

/**
 * Run A is stopped (SIGSTOP) that many ms after its first change, until its lease has ended and run B has made its changes; then it continues. A must not
 * write after B's first line, and must report that it lost the lock. Returns how far A had come.
 */
export const stopAndGoOn = async (sshd: Sshd, folder: string, moment: number): Promise<number> => {
  const log = join(folder, `log-${moment}`)
  writeFileSync(log, '')
  const a = spawn(process.execPath, ['--import', 'tsx', program, 'A', JSON.stringify(sshd.target()), log, '400'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  a.stdout.on('data', text => {
    said += text
  })
  const ended = new Promise<number | null>(resolve => a.once('exit', resolve))
  try {
    await until(() => linesOf(log).length > 0, 'the first change of A', 150_000)
    await delay(moment)
    a.kill('SIGSTOP')
    // On a busy machine it may lose its own short lease; then it starts again. The lock is free once the lease and any running step have ended.
    await until(async () => (await runOfChanges('B', sshd.target(), log, 3)) === 0, 'the lock for B', 150_000)
    expect(linesOf(log).filter(line => line.startsWith('B'))).not.toEqual([])
    const before = linesOf(log)
    a.kill('SIGCONT')
    expect(await ended, said.slice(-2000)).toBe(6)
    expect(linesOf(log)).toEqual(before)
    const firstOfB = before.findIndex(line => line.startsWith('B'))
    expect(before.slice(firstOfB).filter(line => line.startsWith('A'))).toEqual([])
    expect(said).toContain('"type":"locked","host":"M1","owner":"","hint"')
    return before.filter(line => line.startsWith('A')).length
  } finally {
    if (a.pid !== undefined && isAlive(a.pid)) a.kill('SIGKILL')
  }
}
