import { expect, test } from 'vitest'
import { cpioArchive } from '../../../lib/lab/cpio.ts'
import { renderInterfaces, seedEntries } from '../../../lib/lab/seed.ts'

const identity = { machineId: 'a'.repeat(32), hostKey: 'PRIVATE', hostKeyPublic: 'ssh-ed25519 HOST', authorizedKey: 'ssh-ed25519 LAB' }

test('interfaces: the nodes have em0 to em3, the client em0 and em1', () => {
  expect(renderInterfaces('M1')).toMatchInlineSnapshot(`
    "auto lo
    iface lo inet loopback

    auto em0
    iface em0 inet static
        address 10.0.2.15/24
        gateway 10.0.2.2

    auto em1
    iface em1 inet static
        address 192.168.0.210/24

    auto em2
    iface em2 inet static
        address 172.16.0.210/24

    auto em3
    iface em3 inet static
        address 172.16.100.210/24
    "
  `)
  expect([...renderInterfaces('C1').matchAll(/^iface (\w+)/gm)].map(match => match[1])).toEqual(['lo', 'em0', 'em1'])
})

test('seed: every folder comes before its contents, and secrets are readable only by their owner', () => {
  const entries = seedEntries('M1', identity)
  const seen = new Set<string>()
  for (const { path } of entries) {
    const parent = path.split('/').slice(0, -1).join('/')
    expect(parent === '' || seen.has(parent), path).toBe(true)
    expect(seen.has(path), `${path} twice`).toBe(false)
    seen.add(path)
  }
  const permissions = (path: string) => (entries.find(entry => entry.path === `seed/${path}`)?.mode ?? 0) & 0o777
  expect(permissions('etc/ssh/ssh_host_ed25519_key')).toBe(0o600)
  expect(permissions('root/.ssh')).toBe(0o700)
  expect(entries.filter(entry => entry.uid === 1000).map(entry => entry.path)).toEqual([
    'seed/home/ops',
    'seed/home/ops/.ssh',
    'seed/home/ops/.ssh/authorized_keys',
  ])
})

test('seed: a .link file names each card by its address', () => {
  const link = seedEntries('M2', identity).find(entry => entry.path.endsWith('10-em3.link'))
  expect(link?.content).toBe('[Match]\nMACAddress=52:54:00:1a:03:02\n\n[Link]\nName=em3\n')
})

test('cpio: newc records padded to four bytes, with the trailer at the end', () => {
  const archive = cpioArchive([
    { path: 'a', mode: 0o040755 },
    { path: 'a/b', mode: 0o100600, uid: 1000, content: 'hello' },
  ])
  expect(archive.length % 4).toBe(0)
  const text = archive.toString('latin1')
  expect(text.slice(0, 6)).toBe('070701')
  const second = text.indexOf('070701', 6)
  expect(text.slice(second + 6 + 8, second + 6 + 16)).toBe('00008180')
  expect(text.slice(second + 6 + 16, second + 6 + 24)).toBe('000003e8')
  expect(text.slice(second + 110, second + 114)).toBe('a/b\0')
  expect(text.slice(second + 116, second + 121)).toBe('hello')
  expect(text).toContain('TRAILER!!!\0')
})
