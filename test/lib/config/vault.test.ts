import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decrypt, encrypt, encryptString, isVault, keyring, rekey } from '../../../lib/config/vault.ts'
import { parseYaml } from '../../../lib/config/yaml.ts'
import { failure, workspace } from './workspace.ts'

const installed = spawnSync('ansible-vault', ['--version']).status === 0
const password = { password: 'correct horse' }
const texts = ['secret', 'ü ♥ 🎉', '', 'two\nlines\n', `${'long '.repeat(500)}\n`]

describe('vault text', () => {
  it.each(texts)('survives a round trip: %j', text => {
    const vault = encrypt(text, password)
    expect(isVault(vault)).toBe(true)
    expect(decrypt(vault, [password])).toBe(text)
  })

  it('survives a round trip, whatever its content', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1, unit: 'grapheme' }), (text, key) => {
        expect(decrypt(encrypt(text, { password: key }), [{ password: key }])).toBe(text)
      }),
      { numRuns: 15 },
    )
  })

  it('is decrypted by the password of its vault id, or by any other that matches', () => {
    const vault = encrypt('x', { password: 'p', id: 'dev' })
    expect(vault).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;dev\n/)
    expect(decrypt(vault, [{ password: 'other' }, { password: 'p', id: 'dev' }])).toBe('x')
    expect(decrypt(vault, [{ password: 'p', id: 'prod' }])).toBe('x')
  })

  it('reports what is wrong', () => {
    const vault = encrypt('x', { password: 'p', id: 'dev' })
    expect(failure(() => decrypt(vault, []))).toContain('--vault-password-file')
    expect(failure(() => decrypt(vault, [password]))).toBe("none of the vault passwords decrypts this (vault id 'dev')")
    expect(failure(() => decrypt('$ANSIBLE_VAULT;1.0;AES\n00', [password]))).toContain('is not supported')
    expect(failure(() => decrypt('$ANSIBLE_VAULT;1.1;AES256\nxyz', [password]))).toContain(
      'damaged: it contains characters other than digits',
    )
    expect(failure(() => decrypt('$ANSIBLE_VAULT;1.1;AES256\n', [password]))).toContain('damaged: there is nothing below its header')
    expect(failure(() => decrypt(vault.trimEnd().slice(0, -1), [password]))).toContain('damaged: it has an odd number of digits')
    expect(failure(() => decrypt(vault.trimEnd().slice(0, 200), [password]))).toContain('damaged: part of it is missing')
    expect(failure(() => decrypt(vault.replace(/\n\d/, '\n'), []))).toContain('damaged: it has an odd number of digits')
    expect(failure(() => decrypt('plain', [password]))).toContain('not vault text')
    expect(failure(() => encrypt('x', { password: '' }))).toContain('empty')
  })

  it('gets another password and keeps its id', () => {
    const next = rekey(encrypt('x', { password: 'old', id: 'dev' }), [{ password: 'old' }], { password: 'new' })
    expect(next).toMatch(/;dev\n/)
    expect(decrypt(next, [{ password: 'new' }])).toBe('x')
    expect(failure(() => decrypt(next, [{ password: 'old' }]))).toContain('none of the vault passwords')
  })

  it('as a string is YAML', () => {
    const value = parseYaml({ file: 'x', text: encryptString('tiger', password, 'name') })
    const entry = value.kind === 'map' ? value.entries.get('name')?.value : undefined
    expect(entry?.kind === 'vault' && keyring([password]).decrypt(entry.ciphertext, entry.place)).toBe('tiger')
  })
})

describe.skipIf(!installed)(`ansible-vault itself${installed ? '' : ' (skipped: it is not installed)'}`, () => {
  const run = (cwd: string, ...args: string[]) =>
    execFileSync('ansible-vault', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  it.each([
    ['1.1', []],
    ['1.2', ['dev']],
  ])('decrypts what we encrypt in format %s', (version, [id]) => {
    const vault = encrypt('ü\ntwo\n', { ...password, ...(id ? { id } : {}) })
    expect(vault).toContain(`;${version};`)
    const cwd = workspace({ password: password.password, file: vault })
    expect(run(cwd, 'view', '--vault-id', `${id ?? 'default'}@password`, 'file')).toContain('ü\ntwo\n')
  })

  it('encrypts what we decrypt', () => {
    const cwd = workspace({ password: `${password.password}\n`, file: 'a: 1\n', other: 'b: 2\n' })
    run(cwd, 'encrypt', '--vault-password-file', 'password', 'file')
    run(cwd, 'encrypt', '--vault-id', 'dev@password', '--encrypt-vault-id', 'dev', 'other')
    expect(decrypt(readFileSync(join(cwd, 'file'), 'utf8'), [password])).toBe('a: 1\n')
    expect(decrypt(readFileSync(join(cwd, 'other'), 'utf8'), [{ ...password, id: 'dev' }])).toBe('b: 2\n')
  })

  it('decrypts what we rekey', () => {
    const cwd = workspace({ next: 'next' })
    writeFileSync(join(cwd, 'file'), rekey(encrypt('text\n', password), [password], { password: 'next' }))
    expect(run(cwd, 'view', '--vault-password-file', 'next', 'file')).toContain('text\n')
  })
})
