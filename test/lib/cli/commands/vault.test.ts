import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { decrypt, encrypt, encryptString } from '../../../../lib/config/vault.ts'
import { workspace } from '../../config/workspace.ts'
import { bin, cliIn } from '../run.ts'

const installed = spawnSync('ansible-vault', ['--version']).status === 0
const password = { password: 'correct horse' }
const secret = 'a: tiger\nb: ü ♥\n'
const byFile = ['--vault-password-file', 'pw']

const files = (more: Record<string, string> = {}) => workspace({ pw: `${password.password}\n`, next: 'next horse\n', ...more })
const read = (cwd: string, file: string) => readFileSync(join(cwd, file), 'utf8')
const modeOf = (cwd: string, file: string) => statSync(join(cwd, file)).mode & 0o777
const succeeding = (cwd: string, argv: string[], options = {}) => {
  const { status, stdout, stderr } = cliIn(cwd, ['vault', ...argv], options)
  expect(stderr + status).toMatch(/0$/)
  return { stdout, stderr }
}

describe('files', () => {
  it('survive a round trip: encrypt, view, rekey, decrypt; the mode is kept and nothing else is left', () => {
    const cwd = files({ 'one.yml': secret, 'two.yml': 'x: 1\n' })
    chmodSync(join(cwd, 'one.yml'), 0o640)
    expect(succeeding(cwd, ['encrypt', 'one.yml', 'two.yml', ...byFile]).stderr).toBe('one.yml: encrypted\ntwo.yml: encrypted\n')
    expect(read(cwd, 'one.yml')).toMatch(/^\$ANSIBLE_VAULT;1\.1;AES256\n/)
    expect(succeeding(cwd, ['view', 'one.yml', 'two.yml', ...byFile]).stdout).toBe(`${secret}x: 1\n`)
    succeeding(cwd, ['rekey', 'one.yml', ...byFile, '--new-vault-password-file', 'next'])
    expect(decrypt(read(cwd, 'one.yml'), [{ password: 'next horse' }])).toBe(secret)
    succeeding(cwd, ['decrypt', 'one.yml', '--vault-password-file', 'next'])
    expect(read(cwd, 'one.yml')).toBe(secret)
    expect(modeOf(cwd, 'one.yml')).toBe(0o640)
    expect(readdirSync(cwd).toSorted()).toEqual(['next', 'one.yml', 'pw', 'two.yml'])
  })

  it('are read from stdin and written to stdout when none is named', () => {
    const cwd = files()
    const { stdout } = succeeding(cwd, ['encrypt', '--vault-id', 'dev@pw'], { input: secret })
    expect(stdout).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;dev\n/)
    expect(succeeding(cwd, ['decrypt', ...byFile], { input: stdout }).stdout).toBe(secret)
  })

  it('keep their vault id through rekey and edit', () => {
    const cwd = files({ f: encrypt(secret, { ...password, id: 'dev' }) })
    succeeding(cwd, ['rekey', 'f', ...byFile, '--new-vault-password-file', 'next'])
    succeeding(cwd, ['edit', 'f', '--vault-password-file', 'next'], { env: { EDITOR: "sed -i 's/tiger/lion/'" } })
    expect(read(cwd, 'f')).toMatch(/;dev\n/)
    expect(decrypt(read(cwd, 'f'), [{ password: 'next horse' }])).toBe(secret.replace('tiger', 'lion'))
  })

  it('behind a symbolic link are written in place', () => {
    const cwd = files({ 'real/f': secret })
    symlinkSync('real/f', join(cwd, 'link'))
    succeeding(cwd, ['encrypt', 'link', ...byFile])
    expect(lstatSync(join(cwd, 'link')).isSymbolicLink()).toBe(true)
    expect(decrypt(read(cwd, 'real/f'), [password])).toBe(secret)
  })
})

describe('refused with exit code 2, and nothing is written', () => {
  const sealed = encrypt(secret, password)
  test.each([
    ['one that is already encrypted', ['encrypt', 'plain', 'sealed', ...byFile], /^sealed: is already encrypted\n/],
    ['one that is not encrypted', ['decrypt', 'sealed', 'plain', ...byFile], /^plain: is not encrypted\n$/],
    ['one with single values', ['view', 'values', ...byFile], /^values: is not encrypted\n {2}only single values in it are/],
    ['one that is not there', ['encrypt', 'none', ...byFile], /^none: cannot be read: there is no such file\n$/],
    ['a directory', ['encrypt', 'folder', ...byFile], /^folder: cannot be read: it is a directory\n$/],
    ['a wrong password', ['decrypt', 'sealed', '--vault-password-file', 'next'], /^sealed: none of the vault passwords decrypts this\n$/],
    ['a password file that is not there', ['view', 'sealed', '--vault-password-file', 'pv'], /vault password file pv: no such file/],
    ['a vault id without a file', ['view', 'sealed', '--vault-id', 'dev@'], /expected label@file/],
    [
      'two passwords to encrypt with',
      ['encrypt', 'plain', ...byFile, '--vault-id', 'dev@next'],
      /encrypting needs exactly one vault password/,
    ],
    ['no password and nobody to ask', ['encrypt', 'plain'], /there is no terminal to ask on/],
    ['bytes that are not text', ['encrypt', 'plain', 'bytes', ...byFile], /^bytes:1:1: this is not UTF-8 text \(byte 0x[0-9A-F]{2}\)\n/],
    ['an empty text', ['encrypt-string', '', ...byFile], /empty/],
    ['an invalid name', ['encrypt-string', 'tiger', '-n', 'a b', ...byFile], /'a b' is not a variable name/],
    ['a name without a text', ['encrypt-string', 'tiger', '-n', 'a', '-n', 'b', ...byFile], /--name b: there is no text for it/],
  ])('%s', (_name, argv, message) => {
    const cwd = files({ plain: secret, sealed, values: encryptString('tiger', password, 'v'), 'folder/x': '' })
    writeFileSync(join(cwd, 'bytes'), Buffer.from([0x80, 0xff]))
    const { status, stdout, stderr } = cliIn(cwd, ['vault', ...argv])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at |tiger/m)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect([read(cwd, 'plain'), read(cwd, 'sealed')]).toEqual([secret, sealed])
  })
})

describe('edit', () => {
  const editing = (script: string, text = secret) => {
    const cwd = files({ 'f.yml': encrypt(text, password), 'editor.sh': `#!/bin/sh\n${script}\n` })
    chmodSync(join(cwd, 'editor.sh'), 0o755)
    mkdirSync(join(cwd, 'tmp'))
    return { cwd, before: read(cwd, 'f.yml'), env: { EDITOR: join(cwd, 'editor.sh'), TMPDIR: join(cwd, 'tmp') } }
  }

  const plainText = (cwd: string) => readdirSync(join(cwd, 'tmp')).filter(name => name.startsWith('nfsha-vault'))

  it('shows plain text to nobody else, and leaves none on disk', () => {
    const { cwd, env } = editing('stat -c %a "$1" "$(dirname "$1")" > seen; basename "$1" >> seen; cp "$1" "$1~"; echo "c: 3" >> "$1"')
    succeeding(cwd, ['edit', 'f.yml', ...byFile], { env })
    expect(read(cwd, 'seen')).toBe('600\n700\nf.yml\n')
    expect(decrypt(read(cwd, 'f.yml'), [password])).toBe(`${secret}c: 3\n`)
    expect(plainText(cwd)).toEqual([])
  })

  it('writes nothing when nothing was changed', () => {
    const { cwd, env, before } = editing('true')
    expect(succeeding(cwd, ['edit', 'f.yml', ...byFile], { env }).stderr).toBe('f.yml: unchanged\n')
    expect(read(cwd, 'f.yml')).toBe(before)
  })

  it('treats a failed editor as a cancelled edit', () => {
    const { cwd, env, before } = editing('echo x >> "$1"; exit 3')
    const { status, stderr } = cliIn(cwd, ['vault', 'edit', 'f.yml', ...byFile], { env })
    expect(stderr).toMatch(/editor\.sh: it ended with 3\n {2}the file is unchanged/)
    expect(status).toBe(2)
    expect(read(cwd, 'f.yml')).toBe(before)
    expect(plainText(cwd)).toEqual([])
  })

  it('removes plain text when it is killed', async () => {
    const { cwd, env } = editing('touch ready; exec sleep 60')
    const child = spawn(process.execPath, [bin, 'vault', 'edit', 'f.yml', ...byFile], {
      cwd,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    })
    const ended = new Promise(resolve => child.on('exit', resolve))
    while (!existsSync(join(cwd, 'ready'))) await new Promise(resolve => setTimeout(resolve, 50))
    expect(plainText(cwd)).toHaveLength(1)
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    expect(plainText(cwd)).toEqual([])
  })
})

describe('encrypt-string', () => {
  it('prints the arguments under their names, and takes them by -n and from stdin', () => {
    const cwd = files()
    const { stdout } = succeeding(cwd, ['encrypt_string', 'lion', '-n', 'one', '--stdin-name', 'two', ...byFile], { input: 'tiger' })
    expect(stdout).toMatch(/^one: !vault \|\n( {10}\S+\n)+two: !vault \|\n( {10}\S+\n)+$/)
    const values = stdout.split(/\w+: !vault \|\n/).slice(1)
    expect(values.map(text => decrypt(text, [password]))).toEqual(['lion', 'tiger'])
  })

  it('warns that a newline is part of the secret', () => {
    const { stdout, stderr } = succeeding(files(), ['encrypt-string', '-n', 'one', ...byFile], { input: 'tiger\n' })
    expect(stderr).toContain('the newline at the end')
    expect(decrypt(stdout.replace(/^one: !vault \|\n/, ''), [password])).toBe('tiger\n')
  })
})

describe('a password file that is a program', () => {
  it('is run, with the vault id if its name ends with -client', () => {
    const cwd = files({ 'pw-client': '#!/bin/sh\necho "$*"\n', f: encrypt(secret, { password: '--vault-id dev', id: 'dev' }) })
    chmodSync(join(cwd, 'pw-client'), 0o755)
    expect(succeeding(cwd, ['view', 'f', '--vault-id', 'dev@pw-client']).stdout).toBe(secret)
  })

  it('is named when it fails', () => {
    const cwd = files({ prog: '#!/bin/sh\nexit 7\n', f: encrypt(secret, password) })
    chmodSync(join(cwd, 'prog'), 0o755)
    const { status, stderr } = cliIn(cwd, ['vault', 'view', 'f', '--vault-password-file', 'prog'])
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'vault password program prog: it ended with 7\n' })
  })
})

describe.skipIf(!installed)(`with ansible-vault${installed ? '' : ' (skipped: it is not installed)'}`, () => {
  const ansible = (cwd: string, ...argv: string[]) => execFileSync('ansible-vault', argv, { cwd, encoding: 'utf8', stdio: 'pipe' })

  it('each decrypts what the other wrote', () => {
    const cwd = files({ ours: secret, theirs: secret })
    succeeding(cwd, ['encrypt', 'ours', '--vault-id', 'dev@pw'])
    ansible(cwd, 'encrypt', 'theirs', '--vault-id', 'dev@pw', '--encrypt-vault-id', 'dev')
    expect(ansible(cwd, 'view', 'ours', '--vault-id', 'dev@pw')).toContain(secret)
    expect(succeeding(cwd, ['view', 'theirs', '--vault-id', 'dev@pw']).stdout).toBe(secret)
  })

  it('does not touch what it could not write back', () => {
    const cwd = files()
    writeFileSync(join(cwd, 'bytes'), Buffer.from([0x61, 0x80, 0xff]))
    ansible(cwd, 'encrypt', 'bytes', ...byFile)
    const sealed = read(cwd, 'bytes')
    for (const argv of [['decrypt'], ['rekey', '--new-vault-password-file', 'next'], ['edit']]) {
      const { status, stderr } = cliIn(cwd, ['vault', ...argv, 'bytes', ...byFile])
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: 'bytes: contains something other than UTF-8 text\n  ansible-vault can open it\n',
      })
    }
    expect(read(cwd, 'bytes')).toBe(sealed)
  })
})
