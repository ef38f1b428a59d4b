import { describe, expect, test } from 'vitest'
import { availableSources, debianSources, hostFromGuest, renderSources } from '../../../lib/lab/apt-sources.ts'

const deb822 = `Types: deb
# a comment
URIs: http://archive.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://archive.test/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://disabled.test/debian
Suites: bookworm
Components: main
`

describe('debianSources', () => {
  test.each([
    [
      'deb822, without deb-src and disabled ones',
      'a.sources',
      deb822,
      [{ uri: 'http://archive.test/debian', suites: ['bookworm', 'bookworm-updates'] }],
    ],
    [
      'one line',
      'sources.list',
      'deb http://a.test/debian bookworm-security main # why\n',
      [{ uri: 'http://a.test/debian', suites: ['bookworm-security'] }],
    ],
    [
      'one line with options',
      'x.list',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-bookworm-stable.gpg] http://a.test/debian bookworm main',
      [{ uri: 'http://a.test/debian', suites: ['bookworm'] }],
    ],
    ["another vendor's keyring", 'x.list', 'deb [signed-by=/usr/share/keyrings/vendor.gpg] http://v.test bookworm main', []],
    ["another vendor's suite", 'x.list', 'deb http://v.test cloud-sdk-bookworm main', []],
    ['no main', 'x.list', 'deb http://a.test/debian bookworm contrib', []],
    [
      'another release',
      'x.list',
      'deb http://a.test/debian trixie-updates main',
      [{ uri: 'http://a.test/debian', suites: ['bookworm-updates'] }],
    ],
    ['backports stay out', 'x.list', 'deb http://a.test/debian bookworm-backports main', []],
    ['a CD', 'x.list', 'deb cdrom:[Debian]/ bookworm main', []],
  ])('%s', (_, name, text, expected) => {
    expect(debianSources([{ name, text }], 'bookworm')).toEqual(expected)
  })
})

test("a mirror on the host's loopback is rewritten for the guest", () => {
  expect(hostFromGuest('http://127.0.0.1:3142/debian')).toBe('http://10.0.2.2:3142/debian')
  expect(hostFromGuest('http://localhost.test/debian')).toBe('http://localhost.test/debian')
  const rendered = renderSources([{ uri: 'http://localhost/debian', suites: ['bookworm', 'bookworm-updates'] }], 'guest')
  expect(rendered.split('\n').map(line => line.split('] ')[1])).toEqual([
    'http://10.0.2.2/debian bookworm main',
    'http://10.0.2.2/debian bookworm-updates main',
    undefined,
  ])
})

test('an extra suite that the archive lacks is omitted and reported; the release itself never is', async () => {
  const sources = [
    { uri: 'http://a.test/debian', suites: ['forky', 'forky-updates'] },
    { uri: 'http://a.test/debian-security', suites: ['forky-security'] },
  ]
  const said: string[] = []
  const found = await availableSources(
    sources,
    'forky',
    text => said.push(text),
    async (_, suite) => suite === 'forky-updates',
  )
  expect(found).toEqual([{ uri: 'http://a.test/debian', suites: ['forky', 'forky-updates'] }])
  expect(said).toEqual(['the archive has no forky-security: continuing without it'])
  const offline = await availableSources(
    sources,
    'forky',
    () => undefined,
    async () => false,
  )
  expect(offline).toEqual([{ uri: 'http://a.test/debian', suites: ['forky'] }])
})
