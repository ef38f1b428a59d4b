import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSchedule } from '../../../../lib/cli/cron/schedule.ts'
import { runs } from '../../../runs.ts'
import { schedules } from './schedules.ts'

test.each([
  '*/15 * * * *',
  '0 6 * * mon-fri',
  '1,2 3-4 * jan *',
  '1-5/2,7,*/10 */100 1 JAN-Mar 0,7,sun',
  '0 0 31 1,2 *',
  '0 0 31 2 mon',
  '0 0 29 2 *',
  '@hourly',
  '@reboot',
])('schedule %s', s => expect(checkSchedule(s)).toBe(s))

test('blanks between the fields become one', () => expect(checkSchedule('  5\t4  * * *  ')).toBe('5 4 * * *'))

test.each([
  ['61 * * * *', /minute '61': 61 is out of range \(0 to 59\)/],
  ['1-70 * * * *', /minute '1-70': 70 is out of range \(0 to 59\)/],
  ['MON * * * *', /minute 'MON': 'MON' is not a number; names/],
  ['* 24 * * *', /hour '24': 24 is out of range \(0 to 23\)/],
  ['* jan * * *', /hour 'jan'/],
  ['* * 0 * *', /day of month '0': 0 is out of range \(1 to 31\)/],
  ['* * * 13 *', /month '13': 13 is out of range \(1 to 12\)/],
  ['* * * MON-FRI *', /month 'MON-FRI': 'MON' is neither a number nor one of jan, feb/],
  ['* * * * 8', /day of week '8': 8 is out of range \(0 to 7\)/],
  ['* * * * monday', /day of week 'monday'/],
  ['* * * * fri-sun', /day of week 'fri-sun': the range fri-sun is reversed/],
  ['40-10 * * * *', /minute '40-10': the range 40-10 is reversed/],
  ['5/15 * * * *', /minute '5\/15': a step needs a range/],
  ['*/0 * * * *', /minute '\*\/0': the step is 0/],
  ['*/ * * * *', /minute '\*\/'/],
  ['1,,2 * * * *', /minute '1,,2': a value is missing/],
  ['1, * * * *', /minute '1,': a value is missing/],
  ['5x * * * *', /minute '5x'/],
  ['** * * * *', /minute '\*\*'/],
  ['1-2-3 * * * *', /minute '1-2-3'/],
  ['0 0 31 2 *', /day of month '31': there is no such day in month '2'/],
  ['0 0 31 apr,jun *', /there is no such day in month 'apr,jun'/],
  ['', /expected five fields/],
  ['* * * *', /expected five fields/],
  ['* * * * * root', /expected five fields/],
  ['* * * * %', /day of week '%'/],
  ['@reboot\n* * * * * x', /it must be one line/],
  ['@sometimes', /unknown nickname; there are @reboot/],
  ['@Daily', /unknown nickname/],
])('invalid schedule %j, with the reason', (s, why) => expect(() => checkSchedule(s)).toThrow(why))

test('any input is accepted unchanged, or refused with a UsageError', () => {
  fc.assert(
    fc.property(fc.oneof(schedules, fc.string()), schedule => {
      try {
        expect(checkSchedule(schedule).split(' ')).toEqual(schedule.trim().split(/[ \t]+/))
      } catch (error) {
        expect((error as Error).name).toBe('UsageError')
        expect((error as Error).message).toMatch(/^--schedule '[\s\S]*\(crontab\(5\)\)$/)
      }
    }),
    { numRuns: runs(500) },
  )
})
