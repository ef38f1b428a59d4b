import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resetNode } from '../../../roles/drbd-init/fence-peer.ts'
import { shells } from '../service/resource-script/functions.ts'

describe.each(shells)('reset-node under %s', shell => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-reset-'))
    mkdirSync(join(folder, 'sys/kernel'), { recursive: true })
    put('logger', `shift 4; echo "$*" >> ${folder}/log`)
    put('sync', '')
    put('journalctl', '')
    put('date', 'echo 2026-11-29 16:00:00')
    put('reboot', `echo reboot >> ${folder}/did`)
    // It gives the kernel time between sysrq and reboot(8).
    put('sleep', '[ "$1" = 5 ] || exec /bin/sleep "$1"')
  })
  afterEach(() => rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 }))
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trim() : '')
  const call = (...argv: string[]) => {
    const script = resetNode()
      .replace('PATH=', `PATH=${folder}:`)
      .replaceAll('/proc/', `${folder}/`)
      .replaceAll('/var/lib/nfsha-play', `${folder}/state`)
      .replaceAll('/dev/kmsg', `${folder}/kmsg`)
    const [command = '', ...rest] = shell.split(' ')
    spawnSync(command, [...rest, '-c', script, 'reset-node', ...argv], { timeout: 60_000, stdio: 'ignore' })
  }
  const words = () => read('state/last-words')
  const why = 'fence-peer: M2 answers for 192.168.0.219'

  test('the reason is on the disk, on the console and in the log', () => {
    call(why)
    expect(words()).toBe(`new 2026-11-29 16:00:00 ${why}`)
    expect(read('kmsg')).toBe(`<2>nfsha: ${why}: resetting this node`)
    expect(read('log')).toBe(`${why}: resetting this node`)
    expect([read('sysrq-trigger'), read('sys/kernel/sysrq'), read('did')]).toEqual(['b', '1', 'reboot'])
  })

  test('the next boot reports the reason, once', () => {
    call(why)
    rmSync(join(folder, 'log'))
    call('--boot')
    expect(read('log')).toBe(`reason for the last reset: 2026-11-29 16:00:00 ${why}`)
    rmSync(join(folder, 'log'))
    call('--boot')
    expect(read('log')).toBe('')
    expect(words()).toBe(`logged 2026-11-29 16:00:00 ${why}`)
  })

  test('there is room for the reason on a full disk: it overwrites an existing file', () => {
    call('--boot')
    const before = statSync(join(folder, 'state/last-words'))
    call(why.padEnd(2000, '!'))
    const after = statSync(join(folder, 'state/last-words'))
    expect([after.ino, after.size]).toEqual([before.ino, 512])
    expect(words()).toMatch(/^new 2026-11-29 16:00:00 fence-peer: M2 answers for 192\.168\.0\.219!+$/)
  })

  test('a disk that cannot be written does not prevent the reset', () => {
    writeFileSync(join(folder, 'state'), 'in the way\n')
    call(why)
    expect([read('kmsg'), read('sysrq-trigger')]).toEqual([`<2>nfsha: ${why}: resetting this node`, 'b'])
  })

  test('a disk that hangs does not prevent the reset', () => {
    put('sync', 'exec /bin/sleep 30')
    const begun = Date.now()
    call(why)
    expect(read('sysrq-trigger')).toBe('b')
    expect(Date.now() - begun).toBeLessThan(25_000)
  })

  test('--note does not reset anything', () => {
    call('--note', why)
    expect(words()).toBe(`new 2026-11-29 16:00:00 ${why}`)
    expect([read('sysrq-trigger'), read('kmsg'), read('did')]).toEqual(['', '', ''])
  })

  test('garbage in the file is not reported as a reason', () => {
    mkdirSync(join(folder, 'state'))
    writeFileSync(join(folder, 'state/last-words'), '\0\0\0')
    call('--boot')
    expect(read('log')).toBe('')
    expect(words()).toBe('none')
  })
})
