import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { hasLine } from '../../../roles/service/read-file.ts'
import { countForks, whyNoForkCount } from '../../forks.ts'
import { shells } from './resource-script/functions.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-line-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'drbd')
writeFileSync(file, 'version: 8.4.11\n 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n\n10: cs:Unconfigured')

const cases: [string, string[], string | undefined][] = [
  ['a line that matches', ["'0: cs:'[A-TV-Z]*"], '0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'],
  ['no line that matches', ["'1: cs:'*"], undefined],
  ['the last line, without a newline', ["'10: cs:'*"], '10: cs:Unconfigured'],
  ['the first of two patterns', ['nothing', "*' ro:Primary/'*"], '0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'],
  ['a class that leaves it out', ["'0: cs:'[U]*"], undefined],
]

describe.each(shells)('%s', shell => {
  const [program = '', ...words] = shell.split(' ')
  const run = (script: string) => spawnSync(program, [...words, '-c', script], { encoding: 'utf8' })

  test.each(cases)('%s', (_name, patterns, line) => {
    const { status, stdout, stderr } = run(`l=before; if ${hasLine(file, ...patterns)}; then printf %s "$l"; else exit 7; fi`)
    expect([status, stdout, stderr]).toEqual(line === undefined ? [7, '', ''] : [0, line, ''])
  })

  test('a missing file has no line, and nothing is printed', () => {
    const { status, stdout, stderr } = run(`l=before; ${hasLine(`${file}.none`, '*')} || { echo "no:$l"; exit 7; }`)
    expect([status, stdout, stderr]).toEqual([7, 'no:\n', ''])
  })
})

test.skipIf(whyNoForkCount() !== undefined)('it starts no process', () => {
  expect(countForks(`${hasLine(file, "'0: cs:'*")} && echo "$l"`)).toMatchObject({ code: 0, forks: 0 })
})
