import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Sshd, startSshd } from '../e2e/ssh/sshd.ts'
import { stopAndGoOn } from '../e2e/stopped-run.ts'

describe('a run that is stopped until another run has finished makes no more changes', () => {
  let sshd: Sshd
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-stopped-'))
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(async () => {
    await sshd.stop()
    rmSync(folder, { recursive: true })
  })
  const moments = Array.from({ length: 20 }, (_, i) => i * 100 + Math.floor(Math.random() * 100))

  test.each(moments)('stopped %i ms after its first change', async moment => {
    await stopAndGoOn(sshd, folder, moment)
  })
})
