import { expect, test } from 'vitest'
import { argvOf } from '../../../../lib/cli/cron/command-line.ts'

const argv = (argument: string) => argvOf(argument, { inventory: ['inventory/lab.yml'] }, {})

test('a job names by its path what drift takes by its name', () => {
  expect(argv('status')[3]).toMatch(/^\/.*\/playbooks\/status\.yml$/)
  expect(argv('site.yml')[3]).toMatch(/^\/.*\/playbooks\/site\.yml$/)
  expect(argv('nfs')[3]).toBe('nfs')
})
