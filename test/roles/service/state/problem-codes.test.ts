import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { kindOf, nextStepText, type ProblemCode, problem, problemCodes } from '../../../../roles/service/state/problem-codes.ts'
import { tableRows } from '../../../lib/doc-table.ts'
import { runs } from '../../../runs.ts'

const step = (code: ProblemCode, item = '', from = 'odd', host: string | undefined = 'M1') =>
  problem(code, { attribute: 'x', from, to: 'y', host, item })

test.each<[ProblemCode, string, string]>([
  ['heartbeat-stopped', '', 'nfsha-play start.yml (after finding out why it stopped)'],
  ['link-no-carrier', 'em2', 'on M1: ip -br link show dev em2 (cable, switch port)'],
  ['heartbeat-link-down', 'em3', 'on M1: ip -br addr show dev em3 (ping the address of the other node on it)'],
  ['space-short', '/var', 'on M1: du -axh --max-depth=2 /var | sort -h | tail'],
  [
    'space-short',
    '/run/nfsha/state',
    "on M1: grep -h '^address:' /proc/fs/nfsd/clients/*/info | cut -d: -f2 | sort | uniq -c | sort -n | tail (look for a client that keeps registering under new names)",
  ],
  ['drbd-diskless', '', 'on M1: dmesg | grep -i -e drbd -e "I/O error" (with a good disk: drbdadm attach all)'],
  ['vip-misconfigured', '', 'nfsha-play switchover.yml (only a restart of nfsd changes it)'],
])('%s %s', (code, item, text) => expect(nextStepText(step(code, item).next)).toBe(text))

test.each(problemCodes)('%s: a code in kebab case, a command that a shell parses, and no reference back to the status', code => {
  const { next } = step(code, 'thing')
  expect(code).toMatch(/^[a-z]+(-[a-z]+)+$|^maintenance$/)
  expect(next.command.trim()).not.toBe('')
  expect(nextStepText(next)).not.toContain('status.yml')
  execFileSync('sh', ['-n'], { input: next.command })
})

test('output of a host is one word of a command, never another command', () => {
  fc.assert(
    fc.property(fc.constantFrom(...problemCodes), fc.string({ minLength: 1 }), (code, item) => {
      const seen = step(code, item).next.command
      // Apart from quoted words, nothing of the item is left that a shell would interpret.
      const bare = seen.replace(/'[^']*'|\\'/g, '')
      const plain = step(code, 'x').next.command.replace(/'[^']*'|\\'/g, '')
      expect(bare.replace(/[\w@%+=:,./ -]/g, '')).toBe(plain.replace(/[\w@%+=:,./ -]/g, ''))
    }),
    { numRuns: runs(300) },
  )
})

test('every code is reported by something in roles/service: nothing else would show it', () => {
  const folder = packagedFile('roles/service')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => /(?<!problem-codes)\.ts$/.test(file))
  const text = files.map(file => readFileSync(`${folder}/${file}`, 'utf8')).join('\n')
  expect(problemCodes.filter(code => !text.includes(`'${code}'`))).toEqual([])
})

test('docs/status.md lists the current codes: copy the expected rows', () => {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const rows = problemCodes.map(code => {
    const { on, command } = kindOf(code).next({ host: 'NODE', item: 'THING', from: '' })
    return `| \`${code}\` | ${cell(kindOf(code).meaning)} | ${on === '' ? '' : `on ${on}: `}\`${cell(command)}\` |`
  })
  expect(tableRows('status.md', '| code | meaning |')).toEqual(rows)
})
