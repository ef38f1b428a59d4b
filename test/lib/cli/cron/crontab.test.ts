import { describe, expect, test } from 'vitest'
import { blockOf, checkMailto, cronFile, type Job, withBlock, withoutBlock } from '../../../../lib/cli/cron/crontab.ts'

const job: Job = {
  schedule: '*/15 * * * *',
  environment: { PATH: '/usr/bin:/bin' },
  lock: '/run/lock/x.lock',
  argv: ['/usr/bin/node', '/opt/nfsha play/bin.js', 'drift', '100%'],
}
const command = `/usr/bin/env 'PATH=/usr/bin:/bin' /usr/bin/flock -n '/run/lock/x.lock' '/usr/bin/node' '/opt/nfsha play/bin.js' 'drift' '100\\%'`

test('the file in cron.d names its user, and a % does not end the command', () => {
  const lines = cronFile({ ...job, mailto: 'ops@example.org' }, 'root').split('\n')
  expect(lines.slice(1)).toEqual(['SHELL=/bin/sh', 'MAILTO=ops@example.org', `*/15 * * * * root ${command.replaceAll("'", "'")}`, ''])
})

describe('the block in a crontab', () => {
  test.each([
    ['nothing', ''],
    ['foreign lines', '# mine\n0 1 * * * backup\n'],
    ['a last line without its end', '0 1 * * * backup'],
  ])('beside %s', (_name, before) => {
    const once = withBlock(before, job, 'anna')
    expect(blockOf(once)).toContain(`*/15 * * * * ${command}`)
    expect(withBlock(once, job, 'anna')).toBe(once)
    expect(withoutBlock(once).trimEnd()).toBe(before.trimEnd())
    const changed = withBlock(`${once}# after\n`, { ...job, schedule: '@hourly' }, 'anna')
    expect(changed).toContain('@hourly')
    expect(changed).not.toContain('*/15')
    expect(changed.endsWith('# after\n')).toBe(true)
  })

  test.each([
    ['', 'anna'],
    ['MAILTO=boss\n', 'boss'],
  ])('restores MAILTO for the lines below: %j', (before, after) => {
    const block = blockOf(withBlock(before, { ...job, mailto: 'ops' }, 'anna')) ?? ''
    expect(block.match(/MAILTO=.*/g)).toEqual(['MAILTO=ops', `MAILTO=${after}`])
  })
})

test('an address that would be more than one line is refused', () => expect(() => checkMailto('a\nb')).toThrow(/without blanks/))
