import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, wholeOf } from '../../../lib/config/error.ts'
import { readSshArguments } from '../../../lib/config/ssh-arguments.ts'
import { readAnswer } from '../../../lib/ssh/agent.ts'
import { algorithmsFor, hostKeyAlgorithms } from '../../../lib/ssh/algorithms.ts'
import { type ConnectionTarget, Unreachable } from '../../../lib/ssh/connection.ts'
import { type HostKeyPolicy, judgeHostKey } from '../../../lib/ssh/host-key.ts'
import { findKnownHosts, hashHost } from '../../../lib/ssh/known-hosts.ts'
import { parseSshG, resolveHostConfig } from '../../../lib/ssh/openssh-config.ts'
import { refuseOptions, sshOptions } from '../../../lib/ssh/ssh-options.ts'
import { runs } from '../../runs.ts'
import { fakeKey } from './fake-key.ts'

// Input from untrusted files or programs must lead to a proper error and nothing else.

const policy: HostKeyPolicy = {
  host: 'M1',
  address: 'm1.example',
  port: 2222,
  userFiles: ['/k'],
  globalFiles: [],
  revokedFiles: [],
  learn: false,
  hashNames: false,
  keyTypes: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'],
  rsaSize: 1024,
}
const hostName = '[m1.example]:2222'
const hostKeys = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'].flatMap(type =>
  ['a', 'b'].map(seed => ({ type, key: fakeKey(seed, type) })),
)

const field = fc.constantFrom(
  hostName,
  'm1.example',
  '*',
  `*,!${hostName}`,
  `!${hostName}`,
  'other',
  '[*.example]:*',
  hashHost(hostName, Buffer.alloc(20, 7)),
  '|1|x|y',
  ',,',
  '@',
)
const marker = fc.constantFrom('', '', '', '@revoked ', '@cert-authority ', '@new ', '@revoked\t')
const rubbish = fc.string({ unit: 'binary', maxLength: 40 })
const line = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      mark: marker,
      name: field,
      which: fc.nat(hostKeys.length - 1),
      cut: fc.constantFrom(0, 0, 0, 1, 4, 30),
      tail: fc.oneof(fc.constant(''), rubbish),
    }),
  },
  { weight: 1, arbitrary: rubbish },
)
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never
const written = (one: Line) => {
  if (typeof one === 'string') return one
  const { type = '', key = Buffer.alloc(0) } = hostKeys[one.which] ?? {}
  const base64 = key.toString('base64')
  return `${one.mark}${one.name} ${type} ${base64.slice(0, base64.length - one.cut)} ${one.tail}`
}

describe('known_hosts', () => {
  const known = (text: string) => ({
    named: findKnownHosts(text, '/k', hostName),
    portless: findKnownHosts(text, '/k', 'm1.example'),
    byAddress: [],
    portlessByAddress: [],
  })

  it('never accepts an unlisted or a revoked key, and never throws', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.nat(hostKeys.length - 1), fc.boolean(), (lines, which, learn) => {
        const text = lines.map(written).join('\n')
        const { key = Buffer.alloc(0) } = hostKeys[which] ?? {}
        const verdict = judgeHostKey({ ...policy, learn }, known(text), key)
        if (!verdict.accepted) {
          expect(verdict.error).toBeInstanceOf(Unreachable)
          expect(verdict.error.hint).toBeTruthy()
          return
        }
        const base64 = key.toString('base64')
        const naming = text.split('\n').filter(one => one.includes(` ${base64} `))
        if (!verdict.learn) expect(naming.filter(one => !one.startsWith('@')).length).toBeGreaterThan(0)
        else expect(learn).toBe(true)
        const revoking = /^@revoked[ \t](\*|\[m1\.example\]:2222|\[\*\.example\]:\*) /
        expect(naming.filter(one => revoking.test(one))).toEqual([])
      }),
      { numRuns: runs(500) },
    )
  })

  it('takes bounded time', () => {
    const start = Date.now()
    for (const text of [
      '*'.repeat(2_000_000),
      `${'*a'.repeat(500)} x y`,
      `${','.repeat(1_000_000)} x y`,
      '\n'.repeat(1_000_000),
      `|1|${'A'.repeat(1_000_000)}|x y z`,
    ])
      findKnownHosts(text, '/k', hostName)
    expect(Date.now() - start).toBeLessThan(10_000)
  })
})

describe('ssh -G', () => {
  const target: ConnectionTarget = { name: 'M1', kind: 'ssh', address: 'm1' }
  const value = fc.oneof(
    fc.constantFrom(
      'no',
      'yes',
      'none',
      '0',
      '-1',
      '~/x',
      '~bob/x',
      '%h',
      '%',
      '%Q',
      '/a b',
      '$X',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh_config's own syntax
      '${X}',
      '$(id)',
      'a,b,,',
      '"',
      "'",
      ' ',
    ),
    rubbish,
  )
  const keyword = fc.oneof(fc.constantFrom(...sshOptions.map(option => option.name.toLowerCase())), rubbish)
  const output = fc
    .array(fc.tuple(keyword, value), { maxLength: 12 })
    .map(lines => lines.map(([name, text]) => `${name} ${text}`).join('\n'))

  it('is resolved or refused, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(output, async text => {
        const options = parseSshG(text)
        try {
          await refuseOptions(target, options, async () => new Map())
          const config = resolveHostConfig(target, options)
          expect(config.methods.every(method => ['publickey', 'password', 'keyboard-interactive'].includes(method))).toBe(true)
          hostKeyAlgorithms(config.algorithms, { named: [] }, false)
          algorithmsFor('M1', config.algorithms, { named: [] }, false)
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error
          expect(error.message).toMatch(/^M1: /)
        }
      }),
      { numRuns: runs(500) },
    )
  })
})

describe('ssh arguments of an inventory', () => {
  const place = wholeOf({ file: 'hosts', text: '' })
  const words = fc.constantFrom('-o', '-J', '-i', '-F', '-p', '-4', '-C', '-oX', '"', "'", '\\', '=', ' ', '-', 'none', '/dev/null', 'a,b')
  const option = fc
    .tuple(fc.constantFrom(...sshOptions.map(one => one.name)), fc.constantFrom('=', ' ', '==', ''), fc.oneof(words, rubbish))
    .map(parts => parts.join(''))
  const text = fc.array(fc.oneof(words, option, rubbish), { maxLength: 6 }).map(parts => parts.join(' '))

  it('are read, or refused with their position, and nothing else', () => {
    fc.assert(
      fc.property(text, given => {
        try {
          const { options = [] } = readSshArguments(given, place)
          for (const { value } of options) expect(value).not.toMatch(/[\n\r\0]/)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
      { numRuns: runs(500) },
    )
  })
})

it("an agent's answer is a list of keys or none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      const keys = readAnswer(Buffer.concat([Buffer.of(12), Buffer.from(bytes)]))
      expect(keys === undefined || Array.isArray(keys)).toBe(true)
    }),
    { numRuns: runs(500) },
  )
})
