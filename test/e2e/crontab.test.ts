import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkSchedule } from '../../lib/cli/cron/schedule.ts'
import { schedules } from '../lib/cli/cron/schedules.ts'
import { runs } from '../runs.ts'
import { isRoot } from './ssh/sshd.ts'

const user = 'nobody'
const crontab = (argv: string[], input = '') => spawnSync('crontab', ['-u', user, ...argv], { encoding: 'utf8', input })

const why = !isRoot
  ? "only root can replace another user's crontab"
  : !existsSync('/usr/bin/crontab')
    ? 'there is no crontab(1)'
    : crontab(['-l']).status === 0
      ? `${user} has a crontab`
      : undefined

/** Schedules that crontab(1) accepts and that are refused here: cron would skip a part of them, or they would never occur. */
const stricter = /is reversed|there is no such day|is not a number|is neither a number|expected a value|must be one line|nickname/

describe.skipIf(why !== undefined)(`schedules compared with crontab(1) of Debian${why ? ` (skipped: ${why})` : ''}`, () => {
  test('crontab accepts every schedule that is accepted here; what crontab refuses is refused here', () => {
    const seen = { taken: 0, refused: 0, stricter: 0 }
    try {
      fc.assert(
        fc.property(schedules, schedule => {
          const theirs = crontab(['-'], `${schedule} true\n`).status === 0
          let ours = ''
          try {
            checkSchedule(schedule)
          } catch (error) {
            ours = (error as Error).message
          }
          if (ours === '') expect(theirs, schedule).toBe(true)
          else if (theirs) expect(ours).toMatch(stricter)
          seen[ours === '' ? 'taken' : theirs ? 'stricter' : 'refused']++
        }),
        { numRuns: runs(300) },
      )
    } finally {
      crontab(['-r'])
    }
    expect(seen.taken).toBeGreaterThan(10)
    expect(seen.refused).toBeGreaterThan(50)
  })
})
