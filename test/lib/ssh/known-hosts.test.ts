import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { findKnownHosts, hashHost, knownHostsName, matchesHost, matchesPattern, parseKnownHosts } from '../../../lib/ssh/known-hosts.ts'
import { keyType } from '../../../lib/ssh/public-key.ts'
import { runs } from '../../runs.ts'
import { fakeKey } from './fake-key.ts'

const key = fakeKey('a').toString('base64')

describe('parseKnownHosts', () => {
  it('reads names, markers and line positions', () => {
    const text = [
      '# comment',
      '',
      `m1,192.168.1.1 ssh-ed25519 ${key} root@m1`,
      `  \t[m1]:2222\tssh-ed25519   ${key}\r`,
      `@revoked * ssh-ed25519 ${key}`,
      `@cert-authority *.example ssh-ed25519 ${key}`,
    ].join('\n')
    expect(parseKnownHosts(text, 'f').map(({ where, hosts, marker }) => [where, hosts, marker])).toEqual([
      ['f:3', 'm1,192.168.1.1', undefined],
      ['f:4', '[m1]:2222', undefined],
      ['f:5', '*', 'revoked'],
      ['f:6', '*.example', 'authority'],
    ])
  })

  it('skips lines without a valid key: truncated lines, SSH 1, a type that does not match the key', () => {
    const text = ['m1', 'm1 ssh-ed25519', 'm1 1024 35 123456', `m1 ssh-rsa ${key}`, 'm1 ssh-ed25519 AAAA'].join('\n')
    expect(parseKnownHosts(text, 'f')).toEqual([])
  })

  it('never throws, whatever the file contains', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => Array.isArray(parseKnownHosts(text, 'f'))))
  })

  it('finds every well-formed line', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,10}$/)
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.string(), (names, seed) => {
        const [line] = parseKnownHosts(`${names.join(',')} ssh-ed25519 ${fakeKey(seed).toString('base64')}\n`, 'f')
        expect(line?.key.equals(fakeKey(seed))).toBe(true)
        for (const one of names) expect(matchesHost(line?.hosts ?? '', one)).toBe(true)
      }),
    )
  })

  it('reads the type of a key, and no type from noise', () => {
    expect(keyType(fakeKey('a', 'ssh-rsa'))).toBe('ssh-rsa')
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3 }), bytes => keyType(Buffer.from(bytes)) === undefined))
  })
})

describe('findKnownHosts', () => {
  const host = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'A', '.', '[', ']', ':'), minLength: 1, maxLength: 3 }),
    fc.string({ unit: fc.constantFrom('a', '*', '?', '!', 'B'), minLength: 1, maxLength: 3 }),
    fc.constantFrom('a', 'ab', 'B').map(name => hashHost(name, Buffer.alloc(20, 7))),
  )
  const line = fc
    .tuple(fc.constantFrom('', '@revoked ', '@nothing '), fc.array(host, { minLength: 1, maxLength: 3 }))
    .map(([marker, hosts]) => `${marker}${hosts.join(',')} ssh-ed25519 ${key}`)

  it('finds the same lines in the same order as a full scan, also when the file has changed', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.array(line, { maxLength: 2 }), host, (lines, learned, name) => {
        for (const text of [lines.join('\n'), [...lines, ...learned].join('\n'), lines.join('\n')])
          expect(findKnownHosts(text, 'f', name)).toEqual(parseKnownHosts(text, 'f').filter(one => matchesHost(one.hosts, name)))
      }),
      { numRuns: runs(500) },
    )
  })

  it('looks up 500 hosts in one file quickly: the file is split once', () => {
    const text = Array.from({ length: 500 }, (_, i) => `[10.0.${i >> 8}.${i & 255}]:22 ssh-ed25519 ${key}\n`).join('')
    const started = process.cpuUsage()
    for (let i = 0; i < 500; i++) expect(findKnownHosts(text, 'many', `[10.0.${i >> 8}.${i & 255}]:22`)).toHaveLength(1)
    // CPU time in ms: 12; scanning line by line took 290.
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(120)
  })
})

describe('matchesPattern', () => {
  it('matches like a regular expression with only * and ?', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '[', ']'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '[', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (glob, name) => {
        const source = glob
          .replace(/[.[\]]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')
        expect(matchesPattern(glob, name)).toBe(new RegExp(`^${source}$`).test(name))
      }),
      { numRuns: 500 },
    )
  })

  it('does not take exponential time', () => {
    expect(matchesPattern(`${'*a'.repeat(30)}b`, 'a'.repeat(200))).toBe(false)
  })
})

describe('matchesHost', () => {
  it.each([
    ['m1', 'm1', true],
    ['M1', 'm1', true],
    ['m1', 'm2', false],
    ['m1', '[m1]:2222', false],
    ['[m1]:2222', '[m1]:2222', true],
    ['*.example,!bad.example', 'good.example', true],
    ['*.example,!bad.example', 'bad.example', false],
    ['!bad.example,*.example', 'bad.example', false],
    ['!bad.example', 'good.example', false],
    ['192.168.?.*', '192.168.1.77', true],
    ['|1|broken', 'm1', false],
    ['|2|aaaa|bbbb', 'm1', false],
    ['', 'm1', false],
  ])('%s for %s: %s', (hosts, name, matches) => {
    expect(matchesHost(hosts, name)).toBe(matches)
  })

  it('recognises a hashed name, and no other', () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), (name, other) => {
        const hashed = hashHost(name, randomBytes(20))
        expect(matchesHost(hashed, name)).toBe(true)
        expect(matchesHost(hashed, other)).toBe(name === other)
      }),
    )
  })
})

describe('compared with ssh-keygen -F', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-known-hosts-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('finds the same lines', () => {
    const names = ['m1', 'm2.example', '[m1]:2222', '10.0.0.1', 'bad.example', '::1']
    const fields = [
      'm1',
      'm1,10.0.0.1',
      '*.example',
      '*.example,!bad.example',
      '[m1]:2222',
      '[*]:2222',
      '!m1,*',
      'M1',
      '10.0.0.?',
      '::1',
      '*',
    ]
    const hashed = names.map(name => hashHost(name, randomBytes(20)))
    const file = join(directory, 'known_hosts')
    const text = [...fields, ...hashed].map((field, i) => `${field} ssh-ed25519 ${fakeKey(`key ${i}`).toString('base64')}`).join('\n')
    writeFileSync(file, `# first\n${text}\n`)
    const lines = parseKnownHosts(`# first\n${text}\n`, file)
    for (const name of names) {
      const ours = lines.filter(line => matchesHost(line.hosts, name)).map(line => Number(line.where.split(':').pop()))
      expect([name, ours]).toEqual([name, sshKeygenFinds(name, file)])
    }
  })

  const sshKeygenFinds = (name: string, file: string): number[] => {
    try {
      const found = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })
      return [...found.matchAll(/^# Host .* found: line (\d+)/gm)].map(line => Number(line[1]))
    } catch {
      return []
    }
  }

  it('names a host as OpenSSH does', () => {
    expect(knownHostsName('M1.Example', 22)).toBe('m1.example')
    expect(knownHostsName('fe80::1', 2222)).toBe('[fe80::1]:2222')
  })
})
