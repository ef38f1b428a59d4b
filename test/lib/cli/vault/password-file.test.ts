import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { passwordIn, whyNoProgram } from '../../../../lib/cli/vault/password-file.ts'
import { cliIn } from '../run.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-password-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const made = (name: string, content: string | Buffer, mode = 0o755) => {
  writeFileSync(at(name), content)
  chmodSync(at(name), mode)
  return at(name)
}

test('an executable password file is never run, and its content is not shown', () => {
  const file = made('pwx', `touch ${at('OWNED')}; s3cret-pass\n`)
  const { status, stderr, stdout } = cliIn(folder, ['vault', 'view', '--vault-password-file', 'pwx', 'f'])
  expect(stderr).toBe('vault password file pwx is executable but not a program (remove the x bit)\n')
  expect([status, stdout]).toEqual([2, ''])
  expect(existsSync(at('OWNED'))).toBe(false)
  chmodSync(file, 0o600)
})

const linked = (target: string, name: string) => {
  symlinkSync(target, at(name))
  return at(name)
}

const shebang = (interpreter: string) => `#!${interpreter}\ntouch ${at('OWNED')}; s3cret-pass\n`

/** Created again for each test, so that none depends on another. */
const refused: [string, () => string, RegExp][] = [
  ['an empty executable file', () => made('empty', ''), /is executable but not a program/],
  ['a shebang without an interpreter', () => made('bare', '#!\ntouch OWNED'), /is executable but not a program/],
  ['an interpreter that is missing', () => made('missing', shebang('/nonexistent/sh')), /interpreter \/nonexistent\/sh is missing/],
  [
    'an interpreter that cannot be run',
    () => made('plain', shebang(made('interpreter', 'x', 0o644))),
    /interpreter .* is missing or cannot/,
  ],
  [
    'an interpreter that is a text file',
    () => made('text', shebang(made('interpreter2', 's3cret-pass\n'))),
    /interpreter .* is not a program/,
  ],
  ['an interpreter that is itself', () => made('circle', shebang(at('circle'))), /interpreter .* is not a program/],
  ['an interpreter that is a directory', () => made('folder', shebang(folder)), /interpreter .* is missing/],
  [
    'an interpreter with a name too long for the kernel',
    () => made('long', shebang(`/${'x'.repeat(300)}`)),
    /is executable but not a program/,
  ],
  [
    'a program for another machine',
    () => made('foreign', Buffer.concat([Buffer.from('\x7fELF\x01\x02', 'latin1'), Buffer.alloc(200)])),
    /not a program/,
  ],
  ['the first bytes of a program', () => made('cut', '\x7fELF\ntouch OWNED\n'), /is executable but not a program/],
  ['a directory', () => mkdtempSync(at('d-')), /it is a directory/],
  ['a device', () => '/dev/zero', /neither a file nor a pipe/],
  ['an empty file', () => made('nothing', ' \n', 0o600), /it is empty/],
  ['a file that is too large', () => made('huge', 'x'.repeat(70_000), 0o600), /larger than 64 KiB/],
  ['a file that is not text', () => made('binary', Buffer.from([0xff, 0xfe, 0x41]), 0o600), /not UTF-8 text/],
  ['a link to nowhere', () => linked(at('none'), 'link'), /no such file/],
  ['a program that fails after it has printed', () => made('fails', '#!/bin/sh\necho s3cret-pass\nexit 3\n'), /it ended with 3/],
  ['a program that is killed', () => made('killed', '#!/bin/sh\necho s3cret-pass\nkill -9 $$\n'), /it ended with SIGKILL/],
  ['a program that prints nothing', () => made('silent', '#!/bin/sh\n'), /the program printed no password/],
  ['a link that leads back to itself', () => linked('around', 'around'), /its symbolic links lead in a circle/],
  ['a path through a file', () => join(made('through', 'x', 0o600), 'x'), /no such file|a part of its path is not a directory/],
  ['a name that is too long', () => at('x'.repeat(5000)), /its name is too long/],
  ['a program whose child does not stop printing', () => made('forks', '#!/bin/sh\nyes s3cret-pass\n'), /more than 64 KiB/],
  ['a program that does not stop printing', () => made('endless', '#!/bin/sh\nexec yes s3cret-pass\n'), /more than 64 KiB/],
]

test.each(refused)('%s is refused', async (_name, make, why) => {
  const file = make()
  const error = await passwordIn(file, undefined).catch(reason => reason)
  expect(error.name).toBe('UsageError')
  expect(error.message).toMatch(why)
  expect(error.message).not.toContain('s3cret')
  expect(existsSync(at('OWNED'))).toBe(false)
})

test('a pipe without a writer is given up', { timeout: 20_000 }, async () => {
  execFileSync('mkfifo', [at('fifo')])
  await expect(passwordIn(at('fifo'), undefined)).rejects.toThrow(/nobody wrote a password to this pipe within 10 s/)
})

test.skipIf(process.getuid?.() !== 0)('a file that may not be read is refused', () => {
  made('closed', 'x', 0o600)
  chmodSync(folder, 0o755)
  const script = `import('${new URL('../../../../lib/cli/vault/password-file.ts', import.meta.url)}').then(m => m.passwordIn(process.argv[1])).catch(e => console.log(e.message))`
  const argv = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script, at('closed')]
  const run = spawnSync(process.execPath, argv, { encoding: 'utf8', uid: 65_534, gid: 65_534, env: { TSX_DISABLE_CACHE: '1' }, cwd: '/' })
  expect(run.stdout, run.stderr).toContain('it cannot be read: permission denied')
})

describe('is read', () => {
  test.each([
    ['a file, without surrounding blanks', () => made('file', '  pass word \n', 0o600), 'pass word'],
    ['a file of several lines', () => made('lines', 'a\nb\n', 0o600), 'a\nb'],
    ['a link to a file', () => linked(made('target', 'x', 0o600), 'good'), 'x'],
    ['a script', () => made('script', '#!/bin/sh\necho " two words "\n'), ' two words '],
    ['a script with an argument in its shebang', () => made('env', '#! /usr/bin/env -S sh\necho e\n'), 'e'],
    ['a script whose interpreter is a script', () => made('nested', `#!${made('outer', '#!/bin/sh\necho nested\n')}\n`), 'nested'],
    ['a program that leaves a child behind', () => made('leaves', '#!/bin/sh\nsleep 20 &\necho left\n'), 'left'],
    ['a program that prints several lines', () => made('several', '#!/bin/sh\nprintf "\\na\\nb\\r\\n"\n'), 'a\nb'],
    ['a binary', () => made('echo-client', readFileSync('/bin/echo')), '--vault-id dev'],
  ])('%s', async (_name, make, password) => {
    expect(await passwordIn(make(), 'dev')).toBe(password)
  })

  test('a pipe of the shell', () => {
    const { status } = cliIn(folder, ['vault', 'encrypt-string', 'x', '--vault-password-file', made('p', 'piped', 0o600)])
    expect(status).toBe(0)
    const script = `'${process.execPath}' '${new URL('../../../../bin/nfsha-play.js', import.meta.url).pathname}' vault encrypt-string x --vault-password-file <(echo piped)`
    const run = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.stdout).toContain('!vault')
  })
})

test('stderr of a program is shown without its stdout', () => {
  made('traced', '#!/bin/sh\nset -x\necho s3cret-pass\necho why >&2\nexit 1\n')
  const { stderr, status } = cliIn(folder, ['vault', 'view', '--vault-password-file', 'traced', 'f'])
  expect(status).toBe(2)
  expect(stderr).toContain('+ echo ***')
  expect(stderr).toContain('why\n')
  expect(stderr).not.toContain('s3cret')
})

test('every program of this machine is recognised', () => {
  for (const program of ['/bin/sh', '/bin/true', '/usr/bin/env', process.execPath]) expect(whyNoProgram(program), program).toBeUndefined()
})
