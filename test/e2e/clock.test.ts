import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureClock } from '../../lib/failover/testbed/clock.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

const missing = whyNoSshd()

describe.skipIf(missing)(`a host's clock${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  it('agrees with the clock of this machine within the measured uncertainty', async () => {
    const connection = await connect(sshd.target())
    const { offset, error } = await measureClock(connection)
    expect(error).toBeGreaterThan(0)
    expect(error).toBeLessThan(1)
    // Date.now() has whole milliseconds.
    expect(Math.abs(offset)).toBeLessThanOrEqual(error + 0.002)
    await connection.close()
  })
})
