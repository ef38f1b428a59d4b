import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clusterSign, missingTools, packagesOf } from '../../../lib/lab/host-tools.ts'
import { LabError, labDown, labStatus, sshArguments } from '../../../lib/lab/index.ts'
import { cacheRoot, checkName, labPlaces, socketPath, stateRoot } from '../../../lib/lab/places.ts'
import { freePorts } from '../../../lib/lab/ports.ts'
import { processStat } from '../../../lib/lab/processes.ts'
import { bareRecipe, recipeKey } from '../../../lib/lab/recipe.ts'
import { switchedOff, withLabLock } from '../../../lib/lab/state.ts'

let home = ''
const before = process.env.XDG_STATE_HOME
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nfsha-lab-test-'))
  process.env.XDG_STATE_HOME = home
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
  if (before === undefined) delete process.env.XDG_STATE_HOME
  else process.env.XDG_STATE_HOME = before
})

describe('a lab that does not exist', () => {
  test('has no status, can be stopped, and a connection error tells how to start it', async () => {
    expect(await labStatus({ name: 'none' })).toBeUndefined()
    await labDown({ name: 'none' })
    expect(() => sshArguments('default', 'M1')).toThrow("lab 'default' is not running: start it with `nfsha-play lab up`")
    expect(() => sshArguments('none', 'M1')).toThrow('nfsha-play lab up --name none')
  })
})

test('a machine that is off: the hint is the command that switches it on', () => {
  expect(switchedOff('a', 'M1').hint).toBe('switch it on: nfsha-play lab fault power-on M1 --name a')
})

describe('places', () => {
  test('follow XDG', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: '/c' })).toBe('/c/nfsha-play/lab')
    expect(stateRoot({ XDG_STATE_HOME: '/s' })).toBe('/s/nfsha-play/lab')
    expect(labPlaces('a', '/s').machine('M1').root).toBe('/s/a/M1/root.qcow2')
  })

  test('a socket in a deep folder moves to the temporary directory, one for each machine', () => {
    expect(socketPath('/short')).toBe('/short/qmp')
    const deep = `/${'x'.repeat(120)}`
    expect(socketPath(`${deep}/M1`, home).slice(home.length)).toMatch(/^\/nfsha-lab-\d+\/[0-9a-f]{16}\.qmp$/)
    expect(socketPath(`${deep}/M1`, home)).not.toBe(socketPath(`${deep}/M2`, home))
    chmodSync(dirname(socketPath(`${deep}/M1`, home)), 0o770)
    expect(() => socketPath(`${deep}/M1`, home)).toThrow(/is not private to this user/)
  })

  test.each(['', '..', 'a/b', '-x', 'a b'])('%j is not a valid name', name => {
    expect(() => checkName(name)).toThrow(LabError)
  })
})

describe('lock', () => {
  test('of another run blocks this one, and is free when that run has ended', async () => {
    mkdirSync(labPlaces('a').dir, { recursive: true })
    writeFileSync(labPlaces('a').lock, `${process.ppid} ${processStat(process.ppid)?.startTicks}`)
    await expect(withLabLock('a', async () => 'second')).rejects.toThrow('is changing lab')
    rmSync(labPlaces('a').lock)
    expect(await withLabLock('a', async () => 'third')).toBe('third')
  })

  test('two operations of one run are serialised, even if the first fails', async () => {
    const done: string[] = []
    const work = (name: string) => async () => {
      done.push(`${name} begins`)
      await new Promise(wake => setImmediate(wake))
      done.push(`${name} ends`)
      if (name === 'M1') throw new Error('no power')
    }
    const ends = await Promise.allSettled([withLabLock('a', work('M1')), withLabLock('a', work('M2'))])
    expect(ends.map(e => e.status)).toEqual(['rejected', 'fulfilled'])
    expect(done).toEqual(['M1 begins', 'M1 ends', 'M2 begins', 'M2 ends'])
  })

  test.each([
    ['a dead process', '4194999 1'],
    ['another process with a reused pid', `${process.pid} ${(processStat(process.pid)?.startTicks ?? 0) + 1}`],
  ])('the lock of %s is stale', async (_, owner) => {
    mkdirSync(labPlaces('a').dir, { recursive: true })
    writeFileSync(labPlaces('a').lock, owner)
    expect(await withLabLock('a', async () => 'mine')).toBe('mine')
  })
})

test('ports differ', async () => {
  expect(new Set(await freePorts(8)).size).toBe(8)
})

test("the image's key changes with every input", () => {
  const recipe = bareRecipe('bookworm', 'deb http://a.test/debian bookworm main\n', [])
  const key = recipeKey(recipe, '1')
  expect(key).toMatch(/^[0-9a-f]{16}$/)
  expect(recipeKey({ ...recipe }, '1')).toBe(key)
  for (const other of [
    { ...recipe, packages: [] },
    { ...recipe, customize: 'true' },
    { ...recipe, assemble: '' },
    { ...recipe, suite: 'trixie' },
  ]) {
    expect(recipeKey(other, '1')).not.toBe(key)
  }
  expect(recipeKey(recipe, '2')).not.toBe(key)
})

describe('this machine', () => {
  test('missing programs are named with their packages', () => {
    expect(missingTools('/nowhere')).toContain('qemu-system-x86_64')
    expect(packagesOf(['ssh', 'ssh-keygen', 'qemu-img'])).toEqual(['openssh-client', 'qemu-utils'])
  })

  test.each([
    ['etc/ha.d/ha.cf', 'node M1', true],
    ['etc/drbd.d/drbd.res', 'resource drbd {}', true],
    ['proc/drbd', 'version: 8.4.11\n 0: cs:Connected ro:Primary/Secondary', true],
    ['proc/drbd', 'version: 8.4.11\n 0: cs:Unconfigured', false],
    ['etc/drbd.d/global_common.conf', 'common {}', false],
  ])('%s with %j', (file, text, isNode) => {
    mkdirSync(join(home, file, '..'), { recursive: true })
    writeFileSync(join(home, file), text)
    expect(clusterSign(home)).toBe(isNode ? join(home, file) : undefined)
  })
})
