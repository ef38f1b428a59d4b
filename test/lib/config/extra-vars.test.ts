import { describe, expect, it } from 'vitest'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { reveal } from '../../../lib/config/value.ts'
import { encrypt, keyring } from '../../../lib/config/vault.ts'
import { failure, workspace } from './workspace.ts'

const vault = keyring([{ password: 'p' }])
const parse = (args: string[], cwd?: string) =>
  Object.fromEntries([...parseExtraVars(args, vault, cwd)].map(([name, entry]) => [name, reveal(entry.value, vault).value]))

// The values of valid arguments are compared with Ansible itself in ansible-inventory.test.ts.
describe('parseExtraVars', () => {
  it('lets later ones win, whatever their form', () => {
    expect(parse(['a=1 b=2', '{"b": 3, c: yes}', 'c=4'])).toEqual({ a: '1', b: 3, c: '4' })
  })

  it('knows the escapes that Ansible writes: \\N is not one', () => {
    expect(parse(['a=C:\\New b=\\u12345678 c=\\U0001F600 d=\\x41'])).toEqual({ a: 'C:\\New', b: '\u12345678', c: '\u{1F600}', d: 'A' })
  })

  it('takes time in proportion to its length', () => {
    expect(Object.keys(parse([`a=${'"b"'.repeat(40_000)}`]))).toEqual(['a'])
  })

  it('reads files, encrypted ones too', () => {
    const cwd = workspace({ 'x.yml': 'a: 0644\n', vaulted: encrypt('b: secret\n', { password: 'p' }) })
    expect(parse(['@x.yml', '@vaulted'], cwd)).toEqual({ a: 420, b: 'secret' })
  })

  it.each([
    ['word', "-e: expected key=value, found 'word' without '='"],
    ['heartbeat_secret:hunter2', "found 'heartbeat_secret' without '='"],
    ['ansible_become_password=correct horse battery', "found a word without '=' behind 'ansible_become_password='"],
    ['=hunter2', 'found no name'],
    ['@', "'@' names no file"],
    ['a="b', 'a quote is not closed'],
    ['a=\\UFFFFFFFF', '-e: \\UFFFFFFFF is not a character'],
    ['./vars.yml', 'write -e @./vars.yml'],
    ['{a: [}', '-e:1:'],
    ['[1]', 'variables are written as a mapping'],
    ['@none.yml', 'no such file'],
    ['=x', 'expected key=value'],
  ])('explains %j', (argument, message) => {
    expect(failure(() => parse([argument]))).toContain(message)
  })
})
