import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMasker } from '../../../lib/text/mask.ts'
import { runs } from '../../runs.ts'

const masking = (...secrets: string[]) => {
  const masker = createMasker()
  for (const secret of secrets) masker.add(secret)
  return masker.mask
}

describe('masker', () => {
  test('masks the longest first', () => {
    expect(masking('secret', 'secret-and-more')('a secret-and-more, a secret')).toBe('a ***, a ***')
  })

  test('leaves nothing of secrets that overlap', () => {
    expect(masking('abcdef', 'defghi')('<abcdefghi>')).toBe('<***>')
  })

  test('masks each line of a multi-line secret, but not its short ones', () => {
    const mask = masking('-----BEGIN-----\nMIIEvQIBADANBg\n}\n')
    expect(mask('read MIIEvQIBADANBg; } stays')).toBe('read ***; } stays')
  })

  test('masks short values as words only, single characters never', () => {
    const mask = masking('abc', 'x')
    expect(mask('abc abcd xabc (abc) x')).toBe('*** abcd xabc (***) x')
  })

  test('ignores empty values', () => {
    expect(masking('', '  ', '\n')('a  b\n')).toBe('a  b\n')
  })

  test.each([
    ['JSON', (s: string) => JSON.stringify(s)],
    ['JSON in JSON', (s: string) => JSON.stringify(JSON.stringify(s))],
    ['POSIX quotes', (s: string) => `'${s.replaceAll("'", `'\\''`)}'`],
    ['double quotes', (s: string) => `"${s.replace(/[\\"$`]/g, '\\$&')}"`],
    ['a URL', (s: string) => `https://u:${encodeURIComponent(s)}@host/`],
    ['base64', (s: string) => Buffer.from(s).toString('base64')],
    ['base64url', (s: string) => Buffer.from(s).toString('base64url')],
    ['base64 after one byte', (s: string) => Buffer.from(`u${s}`).toString('base64')],
    ['base64 with text around it', (s: string) => Buffer.from(`me:${s}\n`).toString('base64')],
  ])('masks the form in %s', (_, form) => {
    const secret = `it's "top" $ecret\\n`
    const masked = masking(secret)(`before ${form(secret)} after`)
    expect(masked).toMatch(/^before .*\*\*\*.* after$/)
    expect(masked).not.toContain('ecret')
    expect(masked).not.toContain(Buffer.from('top').toString('base64'))
  })

  test('no secret survives, whatever its value and its surroundings', () => {
    const secret = fc.string({ minLength: 4, unit: 'grapheme' }).filter(text => text.trim().length >= 4 && !text.includes('*'))
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.string()), (secrets, around) => {
        const text = secrets.map((value, index) => `${around[index] ?? ''}${value}`).join('') + (around.at(-1) ?? '')
        const masked = masking(...secrets)(text)
        return secrets.every(value => !masked.includes(value))
      }),
      { numRuns: 500 },
    )
  })
})

describe('pieces, in the output of a program that reads a file with secrets', () => {
  test('a secret made of common words leaves these words and their combinations readable', () => {
    const masker = createMasker()
    masker.add('lab-drbd-secret')
    const readable = 'waits for the package that provides nfsha-drbd.service; package drbd-utils on M1'
    expect(masker.maskPieces(readable)).toBe(readable)
    expect(masker.maskPieces('got "drbd-secre" and lab-drbd')).toBe('got "***" and ***')
  })

  const secret = 'k9Xz-41!qWe%7Lm2'
  const pieces = (text: string, value = secret) => {
    const masker = createMasker()
    masker.add(value)
    return masker.maskPieces(text, ['M1', 'file /etc/ha.d/authkeys'])
  }

  test.each([
    ["/etc/drbd.d/r0.res:5: Parse error: 'shared-secret' expected,\n\tbut got 'k9Xz-41!qWe'", 'a quoted piece'],
    ['Auth line [1 sha1 k9Xz-41!] is invalid.', 'the first part'],
    ['qWe%7', 'five characters from the middle'],
    ['k9Xz-4\n1!qWe\n%7Lm2', 'split over lines'],
    ['k9Xz ... 7Lm2', 'both ends'],
    [`base64: ${Buffer.from('user:k9Xz-41!qWe%7').toString('base64')}`, 'a piece in base64'],
    [`hex: ${Buffer.from('xxk9Xz-41!').toString('hex')}`, 'a piece in hex'],
    [`got ${encodeURIComponent('41!qWe%7Lm')}`, 'a piece of a URL'],
  ])('%j: %s', text => {
    const shown = pieces(text)
    for (let at = 0; at + 4 <= secret.length; at += 1) expect(shown).not.toContain(secret.slice(at, at + 4))
    expect(shown).toContain('***')
    expect(Buffer.from(/base64: (\S+)/.exec(shown)?.[1] ?? '', 'base64').toString('latin1')).not.toMatch(/41!q|Xz-4/)
    expect(Buffer.from(/hex: (\S+)/.exec(shown)?.[1] ?? '', 'hex').toString('latin1')).not.toMatch(/41!q|Xz-4/)
  })

  test('leaves ordinary output readable, even beside a secret made of words', () => {
    const said = "drbdadm: /etc/drbd.d/drbd.res:5: unknown option in resource 'drbd'; heartbeat on M1 is stopped"
    expect(pieces(said)).toBe(said)
    expect(pieces(said, 'drbd-heartbeat-resource')).toBe(said)
    expect(pieces(`${said}: drbd-heartbeat`, 'drbd-heartbeat-resource')).toBe(`${said}: ***`)
  })

  test('no piece of four characters survives', () => {
    const value = fc.string({ unit: fc.constantFrom(...'abcDEF0123-_!%'), minLength: 8, maxLength: 40 })
    fc.assert(
      fc.property(value, fc.array(fc.tuple(fc.nat(40), fc.nat(40), fc.string({ maxLength: 6 })), { maxLength: 5 }), (hidden, quotes) => {
        const text = quotes.map(([from, length, between]) => hidden.slice(from, from + length) + between).join(' ')
        const shown = pieces(text, hidden)
        for (let at = 0; at + 4 <= hidden.length; at += 1) expect(shown).not.toContain(hidden.slice(at, at + 4))
      }),
      { numRuns: runs(500) },
    )
  })
})
