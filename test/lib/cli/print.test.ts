import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Where text leaves the program. It is escaped there, so nothing may bypass it. */
const doors = ['lib/report/output.ts']

test('only lib/report/output.ts writes to the terminal', () => {
  const files = ['lib', 'roles'].flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => join(folder, name)),
  )
  const around = files.filter(
    file => !doors.includes(file) && /\b(process\.)?(stdout|stderr)\.write\(|console\.|writeSync\((1|2),/.test(codeOf(file)),
  )
  expect(files.length).toBeGreaterThan(200)
  // The newline after a typed password.
  expect(around).toEqual(['lib/cli/run/prompt.ts'])
})

const codeOf = (file: string) => readFileSync(file, 'utf8').replace(/\/\*\*?[\s\S]*?\*\/|\/\/.*/g, '')
