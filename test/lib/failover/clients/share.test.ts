import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prepareScript, readScript, removeScript } from '../../../../lib/failover/clients/clients.ts'

describe('the active node on the share, where a client may have created anything', () => {
  let folder = ''
  const share = (...path: string[]) => join(folder, 'share', ...path)
  const victim = (...path: string[]) => join(folder, 'victim', ...path)
  const sh = (script: string) => spawnSync('sh', ['-c', script], { encoding: 'utf8', timeout: 15_000 })
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'nfsha-share-')))
    mkdirSync(share())
    mkdirSync(victim('run'), { recursive: true })
    writeFileSync(victim('run', 'C1-1.records'), 'secret\n')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('the directory is writable for a squashed root, and is removed again', () => {
    expect(sh(prepareScript(share(), 'run')).status).toBe(0)
    expect(statSync(share('.nfsha-failover/run')).mode & 0o7777).toBe(0o777)
    writeFileSync(share('.nfsha-failover/run/C1-1.records'), 'a record\n')
    expect(sh(readScript(share(), 'run', 'C1-1')).stdout).toBe('a record\n')
    expect(sh(removeScript(share(), 'run')).status).toBe(0)
    expect(existsSync(share('.nfsha-failover'))).toBe(false)
  })
  test('a link in place of it is not followed', () => {
    symlinkSync(victim(), share('.nfsha-failover'))
    expect(sh(prepareScript(share(), 'other')).status).not.toBe(0)
    expect(sh(readScript(share(), 'run', 'C1-1')).stdout).toBe('')
    sh(removeScript(share(), 'run'))
    expect(readFileSync(victim('run/C1-1.records'), 'utf8')).toBe('secret\n')
    expect(existsSync(victim('other'))).toBe(false)
  })
  test('neither is a link in place of a run or of a file, and a FIFO does not block', () => {
    mkdirSync(share('.nfsha-failover'))
    symlinkSync(victim('run'), share('.nfsha-failover/run'))
    expect(sh(prepareScript(share(), 'run')).status).not.toBe(0)
    expect(sh(readScript(share(), 'run', 'C1-1')).stdout).toBe('')
    rmSync(share('.nfsha-failover/run'))
    mkdirSync(share('.nfsha-failover/run'))
    symlinkSync(victim('run/C1-1.records'), share('.nfsha-failover/run/C1-1.records'))
    spawnSync('mkfifo', [share('.nfsha-failover/run/C1-2.records')])
    for (const name of ['C1-1', 'C1-2']) expect(sh(readScript(share(), 'run', name)).stdout).toBe('')
  })
})
