import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseExtraVars } from '../../lib/config/extra-vars.ts'
import { resolveVars } from '../../lib/config/variables.ts'
import { encryptString } from '../../lib/config/vault.ts'
import { keysFile } from '../../roles/heartbeat/config.ts'
import { Vars } from '../../roles/vars.ts'
import { failure, inventoryOf } from '../lib/config/workspace.ts'
import { runs } from '../runs.ts'

/** The problem with one secret, as an operator sees it. */
const problemWith = (name: 'heartbeat_secret' | 'drbd_secret', value: string): string => {
  const inventory = inventoryOf({ 'hosts.yml': `nfs:\n  hosts:\n    M1:\n  vars:\n    ${name}: ${JSON.stringify(value)}\n` })
  const schema = z.object({ [name]: Vars.shape[name] })
  return failure(() => resolveVars(inventory, 'M1', { schema }))
}

const heartbeat = 'heartbeat takes printable ASCII without blanks'
const drbd = 'DRBD takes printable ASCII without " and \\'
const takes = { heartbeat_secret: heartbeat, drbd_secret: drbd }

describe('a secret that its consumer would misread is refused, with its location but without its text', () => {
  test.each([
    ['heartbeat_secret', 'MARK\nfoo bar', 'holds a line feed (character 5)'],
    ['heartbeat_secret', 'MARKMARK two', 'holds a blank (character 9)'],
    ['heartbeat_secret', '        ', 'is blank'],
    ['heartbeat_secret', ' MARKMARK', 'begins or ends with a blank'],
    ['heartbeat_secret', 'MARKMARK\t', 'begins or ends with a blank'],
    ['heartbeat_secret', 'MARKMARK\n', "ends with a line feed (encrypt it with printf '%s', not echo)"],
    ['heartbeat_secret', 'MARK\0MARK', 'holds a NUL (character 5)'],
    ['heartbeat_secret', 'MARKMÄRK', 'holds a character that is not ASCII (character 6)'],
    ['heartbeat_secret', 'MARK\u001bMARK', 'holds a control character (character 5)'],
    ['drbd_secret', 'MARK\nMARK', 'holds a line feed (character 5)'],
    ['drbd_secret', 'MARK"MARK', 'holds a double quote (character 5)'],
    ['drbd_secret', 'MARKMARK\\', 'holds a backslash (character 9)'],
    ['drbd_secret', 'MARK€MARK', 'holds a character that is not ASCII (character 5)'],
    ['drbd_secret', '          ', 'is blank'],
    ['drbd_secret', 'MARKMARK ', 'begins or ends with a blank'],
    ['drbd_secret', 'MARK\0MARK', 'holds a NUL (character 5)'],
  ] as const)('%s: %j', (name, value, problem) => {
    expect(problemWith(name, value)).toBe(`hosts.yml:5:${name.length + 7}: ${name}: ${problem}; ${takes[name]} (for M1)`)
  })

  test.each([
    ['heartbeat_secret', 'K'.repeat(5000), 'must have at most 255 characters'],
    ['heartbeat_secret', 'K'.repeat(256), 'must have at most 255 characters'],
    ['heartbeat_secret', 'KKKKKKK', 'must have at least 8 characters'],
    ['drbd_secret', 'K'.repeat(65), 'must have at most 63 characters'],
    ['drbd_secret', 'K'.repeat(64), 'must have at most 63 characters'],
    ['drbd_secret', 'KKKKKKK', 'must have at least 8 characters'],
  ] as const)('%s of a length that is not %#', (name, value, problem) => {
    expect(problemWith(name, value)).toBe(`hosts.yml:5:${name.length + 7}: ${name}: ${problem} (for M1)`)
  })

  test('out of the vault, and from the command line', () => {
    const schema = z.object({ heartbeat_secret: Vars.shape.heartbeat_secret })
    const sealed = encryptString('MARKMARK\n', { password: 'p' }, 'heartbeat_secret').replace(/^/gm, '    ')
    const inventory = inventoryOf({ 'hosts.yml': `nfs:\n  hosts:\n    M1:\n  vars:\n${sealed}` }, { vaultPasswords: [{ password: 'p' }] })
    expect(failure(() => resolveVars(inventory, 'M1', { schema }))).toMatch(/^hosts\.yml:5:\d+: heartbeat_secret: ends with a line feed/)
    const extraVars = parseExtraVars(['{"heartbeat_secret": "MARK\\nMARK"}'], inventory.vault)
    const message = failure(() => resolveVars(inventory, 'M1', { schema, extraVars }))
    expect(message).toMatch(/^-e:1:\d+: heartbeat_secret: holds a line feed/)
    expect(message).not.toContain('MARK')
  })
})

/** heartbeat/auth.c: fgets of 5,119 bytes a line, then sscanf("%d%s%s"). */
const heartbeatReads = (file: string): string | undefined => {
  const keys = file.split('\n').flatMap(line => /^\s*(\d+)\s*(\S+)\s*(\S+)/.exec(line.slice(0, 5119)) ?? [])
  return keys.length === 4 ? keys[3] : undefined
}

/** drbdadm_scanner.fl: DQSTRING, then unescape(). */
const drbdReads = (file: string): string | undefined => {
  const text = /shared-secret ("(?:[^"\\\n]|\\[^\n]){0,255}");\n/.exec(file)?.[1]
  return text?.replace(/\\(.)|"/g, '$1')
}

test('an accepted secret is read as it was written', () => {
  const chars = fc.string({ unit: fc.constantFrom(...'aZ09#;{}$`\'"\\ \t\n%&<>~!/=ä'), maxLength: 70 })
  fc.assert(
    fc.property(chars, value => {
      if (Vars.shape.heartbeat_secret.safeParse(value).success)
        expect(heartbeatReads(keysFile({ heartbeat_secret: value } as never))).toBe(value)
      if (Vars.shape.drbd_secret.safeParse(value).success) expect(drbdReads(`    shared-secret "${value}";\n`)).toBe(value)
    }),
    { numRuns: runs(2000) },
  )
  for (const value of ['#starts-with-a-hash', "all$of`it'{};<>", 'K'.repeat(255)])
    expect(Vars.shape.heartbeat_secret.safeParse(value).success).toBe(true)
  for (const value of ['#starts with a hash', "all$of`it'{};<>", 'K'.repeat(63)])
    expect(Vars.shape.drbd_secret.safeParse(value).success).toBe(true)
})
