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

  it('shows a tab as what it is, the caret under its column', () => {
    expect(new ConfigError('x', { source, line: 2, column: 2 }).message).toBe('hosts.yml:2:2: x\n  \\tvars: x\n    ^')
  })

  it('never quotes what stands behind the name of a secret', () => {
    expect(new ConfigError('x', { source, line: 3, column: 3 }).message).not.toContain('hunter2')
    const ini = { file: 'hosts', text: "M1 ansible_ssh_pass='a b' other=1\nM2 ansible_password=x" }
    for (const line of [1, 2]) expect(new ConfigError('x', { source: ini, line, column: 1 }).sourceLine).toMatch(/=\*\*\*$/)
  })

  it('names the source alone where there is no line', () => {
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
