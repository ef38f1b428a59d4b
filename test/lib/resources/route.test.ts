import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostRoute, routesTo } from '../../../lib/resources/route.ts'
import { runs } from '../../runs.ts'

const table = `default via 192.168.0.1 dev em1 onlink
172.16.0.0/24 dev em2 proto kernel scope link src 172.16.0.210
172.16.0.21 dev em3 scope link
172.16.0.211 dev em2 scope link
172.16.0.212 via 192.168.0.7 dev em1
unreachable 172.16.0.213
172.16.0.214
\tnexthop via 172.16.0.1 dev em2 weight 1
\tnexthop via 172.16.100.1 dev em3 weight 1
`

describe('a host route in the main table', () => {
  const readingOf = (address: string) => hostRoute(address, 'em2').probe.parse({ code: 0, stdout: table, stderr: '', at: 0 })
  const verdictOf = (address: string) => {
    const reading = readingOf(address)
    if (reading.kind !== 'present' && reading.kind !== 'absent') throw new Error(reading.kind)
    return hostRoute(address, 'em2').compare(reading, () => undefined).kind
  }

  test('over its NIC it is in sync', () => expect(verdictOf('172.16.0.211')).toBe('in-sync'))
  test.each(['172.16.0.21', '172.16.0.212', '172.16.0.213', '172.16.0.214'])('%s has another route', address => {
    expect(readingOf(address).kind).toBe('present')
    expect(verdictOf(address)).toBe('differs')
  })
  test.each(['172.16.0.2', '172.16.0.0', '192.168.0.1', '72.16.0.211'])('%s has none', address =>
    expect(readingOf(address).kind).toBe('absent'),
  )
  test('a table that could not be read is unknown', () =>
    expect(hostRoute('172.16.0.211', 'em2').probe.parse({ code: 127, stdout: '', stderr: 'not found', at: 0 }).kind).toBe('unknown'))

  test('an entry is found anywhere in the table, with its nexthops', () => {
    const entry = fc.constantFrom('172.16.0.0/24 dev em2', 'default via 10.0.0.1 dev em1', '172.16.0.2110 dev em9', 'unreachable 10.0.0.2')
    const one = fc.constantFrom('172.16.0.211 dev em2', '172.16.0.211 \n\tnexthop dev em2\n\tnexthop dev em3', 'prohibit 172.16.0.211')
    fc.assert(
      fc.property(fc.array(entry), one, fc.array(entry), (before, own, after) => {
        expect(routesTo('172.16.0.211', [...before, own, ...after].map(line => `${line}\n`).join('')).trimEnd()).toBe(own)
      }),
      { numRuns: runs(100) },
    )
  })
})
