import { describe, expect, it } from 'vitest'
import { ConfigError, ConfigErrors, collecting, throwAll } from '../../../lib/config/error.ts'
import { failure } from './workspace.ts'

const source = { file: 'hosts.yml', text: 'all:\n\tvars: x\n  heartbeat_secret: hunter2\n' }

describe('ConfigError', () => {
  it('shows the place, the line, a caret under the column and the hint', () => {
    const error = new ConfigError('unknown', { source: { file: 'a.yml', text: 'x: 1\n  yy: 2' }, line: 2, column: 3 }, "did you mean 'y'?")
    expect(error.message).toBe("a.yml:2:3: unknown\n    yy: 2\n    ^\n  did you mean 'y'?")
    expect(error).toMatchObject({ file: 'a.yml', line: 2, column: 3, sourceLine: '  yy: 2', hint: "did you mean 'y'?" })
  })

  it('shows a tab escaped, with the caret under its column', () => {
    expect(new ConfigError('x', { source, line: 2, column: 2 }).message).toBe('hosts.yml:2:2: x\n  \\tvars: x\n    ^')
  })

  it('never quotes what follows the name of a secret', () => {
    expect(new ConfigError('x', { source, line: 3, column: 3 }).message).not.toContain('hunter2')
    const ini = { file: 'hosts', text: "M1 ansible_ssh_pass='a b' other=1\nM2 ansible_password=x" }
    for (const line of [1, 2]) expect(new ConfigError('x', { source: ini, line, column: 1 }).sourceLine).toMatch(/=\*\*\*$/)
  })

  it.each([
    ['a value below its name', 'vars:\n  heartbeat_secret:\n    @hunter2\n', 3],
    ['one that looks like a name', 'vars:\n  heartbeat_secret:\n    hunter2: a: b\n', 3],
    ['a block', 'vars:\n  heartbeat_secret: |\n    hunter1\n\n    # no comment\n    hunter2\n', 6],
    ['a block whose last line is not indented', 'vars:\n  drbd_secret: >\n    a\n  hunter2\n  b: c\n', 4],
    ['a quote over several lines', 'vars:\n  drbd_secret: "a\n    hunter2\n', 3],
    ['an unclosed quote, not indented', 'vars:\n  drbd_secret: "a\nb: hunter2"\n', 3],
    ['a mapping in one line, broken', 'vars: {drbd_secret:\n  hunter2 }\n', 2],
    ['a complex key', 'vars:\n  ? heartbeat_secret\n  : @hunter2\n', 3],
    ['a mapping below a name', 'vault_secrets:\n  one:\n    two: @hunter2\n', 3],
    ['a name with a letter too few', 'vars:\n  heartbeat_secrt: @hunter2\n', 2],
    ['a name with two letters swapped', 'ansible_become_pasword: @hunter2\n', 1],
    ['blanks for the separator', '[nfs:vars]\ndrbd_secret hunter2\n', 2],
    ['a continued line of an INI file', '[nfs:vars]\ndrbd_secret=a\n  hunter2\n', 3],
    ['a passphrase', 'key_passphrase: @hunter2\n', 1],
  ])('never quotes %s', (_what, text, line) => {
    expect(new ConfigError("found 'hunter2'", { source: { file: 'hosts', text }, line, column: 1 }).message).not.toContain('hunter2')
    expect(new ConfigError('found "a b hunter2"', { source: { file: 'hosts', text }, line, column: 1 }).message).not.toContain('hunter2')
  })

  it.each([
    ['vars:\n  heartbeat_secret: x\n  drbd_port: @y\n', 3],
    ['vars:\n  heartbeat_secret: |\n    x\n  drbd_port: @y\n', 4],
    ['vars:\n  heartbeat_secret: "x\n    y"\n  drbd_port: @y\n', 4],
    ['# the secret\ndrbd_port: @y\n', 2],
    ['[nfs]\nM1 ansible_password=x\nM2 @y\n', 3],
    ['[nfs:vars]\nheartbeat_secret=x\n[web]\nM1 @y\n', 4],
  ])('quotes what is not secret: %j', (text, line) => {
    expect(new ConfigError("found 'y'", { source: { file: 'hosts', text }, line, column: 1 }).message).toContain('@y')
  })

  it('names a variable that follows a secret', () => {
    const text = 'M1: {heartbeat_secret: hunter2, drbd_prot: 1}'
    const place = { source: { file: 'hosts', text }, line: 1, column: 33 }
    expect(new ConfigError("unknown variable 'drbd_prot'", place).problem).toBe("unknown variable 'drbd_prot'")
    const decrypted = { ...place, source: { ...place.source, secret: true } }
    expect(new ConfigError("unknown variable 'drbd_prot'", decrypted).problem).toBe("unknown variable 'drbd_prot'")
    expect(new ConfigError("found 'hunter2'", decrypted).problem).toBe("found '***'")
  })

  it('takes bounded time for a long file with an error in every line', () => {
    const long = { file: 'hosts', text: `drbd_secret: "\n${'  secret x\n'.repeat(20_000)}` }
    const before = process.cpuUsage()
    for (let line = 1; line <= 20_000; line++) new ConfigError('x', { source: long, line, column: 1 })
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5)
  })

  it('names only the source when there is no line', () => {
    expect(new ConfigError('bad', { source: { file: '-e', text: 'a=b' }, line: 0, column: 0 }).message).toBe('-e: bad')
  })

  it('collects several, and each once', () => {
    const errors = [new ConfigError('one'), new ConfigError('two'), new ConfigError('one')]
    expect(failure(() => throwAll(errors))).toBe('one\n\ntwo')
    const step = (item: number) => {
      if (item > 1) throw new ConfigError(`no ${item}`)
      return item
    }
    expect(() => collecting([1, 2, 3], step)).toThrow(ConfigErrors)
    expect(() => collecting([1, 2], step)).toThrow(ConfigError)
    expect(collecting([0, 1], step)).toEqual([0, 1])
    expect(() =>
      collecting([1], () => {
        throw new TypeError('a bug')
      }),
    ).toThrow(TypeError)
  })
})
