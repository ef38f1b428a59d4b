import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMasker } from '../../../lib/report/mask.ts'

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

  test('ignores what is empty', () => {
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
    ['base64 between others', (s: string) => Buffer.from(`me:${s}\n`).toString('base64')],
  ])('masks the form in %s', (_, form) => {
    const secret = `it's "top" $ecret\\n`
    const masked = masking(secret)(`before ${form(secret)} after`)
    expect(masked).toMatch(/^before .*\*\*\*.* after$/)
    expect(masked).not.toContain('ecret')
    expect(masked).not.toContain(Buffer.from('top').toString('base64'))
  })

  test('no secret survives, whatever it is and whatever surrounds it', () => {
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
