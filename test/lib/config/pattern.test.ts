import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitHosts, matchHosts } from '../../../lib/config/pattern.ts'
import { runs } from '../../runs.ts'
import { failure, inventoryOf, workspace } from './workspace.ts'

const hostsText = `[nfs]
M[1:2]
[web]
web[1:3].example.org
M2
[clients]
C1
[site:children]
nfs
web
[empty]
`
// Level by level, as Ansible lists them: `clients` is directly below `all`, `nfs` and `web` below `site`.
const all = ['C1', 'M1', 'M2', 'web1.example.org', 'web2.example.org', 'web3.example.org']

describe('matchHosts', () => {
  it.each([
    ['all', all],
    ['*', all],
    ['M1', ['M1']],
    ['M2:M1', ['M2', 'M1']],
    ['M1,C1', ['M1', 'C1']],
    [' M1 , C1 ', ['M1', 'C1']],
    ['nfs', ['M1', 'M2']],
    ['nfs:!M2', ['M1']],
    ['nfs:&web', ['M2']],
    ['!nfs', ['C1', ...all.slice(3)]],
    ['nfs[0]', ['M1']],
    ['nfs[-1]', ['M2']],
    ['nfs[0:1]', ['M1', 'M2']],
    ['web[1:]', ['web2.example.org', 'web3.example.org', 'M2']],
    ['nfs[1]:C1', ['M2', 'C1']],
    ['~M\\d', ['M1', 'M2']],
    ['~(web|C)', ['web1.example.org', 'web2.example.org', 'web3.example.org', 'M2', 'C1']],
    ['web?.example.org', all.slice(3)],
    ['web[12].*', all.slice(3, 5)],
    ['web[!1]*', all.slice(4)],
    ['*.example.org:!web1*', all.slice(4)],
    ['site:!web:C1', ['M1', 'C1']],
    ['empty', []],
    ['ungrouped', []],
  ])('%j', (pattern, hosts) => {
    expect(matchHosts(inventoryOf({ hosts: hostsText }), pattern)).toEqual(hosts)
  })

  it.each([
    ['nfs : !M2', ['M1']],
    [' nfs ,  !M2 ', ['M1']],
    ['nfs:! M2', ['M1']],
    ['nfs !M2', ['M1']],
    ['nfs, ! M2', ['M1']],
    ['! M2 : nfs', ['M1']],
    ['site & nfs:!M1', ['M2']],
    ['nfs:!nfs[0]', ['M2']],
    ['nfs:!M2[0]', ['M1']],
    ['M2[-1]', ['M2']],
    ['nfs:!~M1', ['M2']],
    ['nfs:!*2', ['M1']],
    ['nfs:!site[1:2]', ['M1']],
    ['nfs:!empty', ['M1', 'M2']],
    ['nfs:!M1:!M2', []],
    ['M1,,M2', ['M1', 'M2']],
    ['~(?i)m1', ['M1']],
    ['~\\AM\\d\\Z', ['M1', 'M2']],
    ['~web\\d\\.example\\.(?P<tld>org)', all.slice(3)],
  ])('%j: operators count in any position, blanks are ignored', (pattern, hosts) => {
    expect(matchHosts(inventoryOf({ hosts: hostsText }), pattern)).toEqual(hosts)
  })

  it.each([
    ['M3', "no host or group 'M3' in the inventory\n  did you mean 'M1' or 'M2'?"],
    ['nsf', "did you mean 'nfs'?"],
    ['nfs:!M9', "no host or group 'M9' in the inventory\n  did you mean 'M1' or 'M2'?"],
    ['nfs : ! M9', "no host or group 'M9'"],
    ['!M9:nfs', "no host or group 'M9'"],
    ['!M9', "no host or group 'M9'"],
    ['nfs,!M9', "no host or group 'M9'"],
    ['nfs:&wbe', "no host or group 'wbe' in the inventory\n  did you mean 'web'?"],
    ['nfs:&M9', "no host or group 'M9'"],
    ['nfs:M9', "no host or group 'M9'"],
    ['nfs:!M2,C1', 'a colon does not separate parts when there is a comma'],
    ['nfs,:!M2', "no host or group ':!M2'"],
    ['db*', "'db*' matches no host"],
    ['nfs:!db*', "'!db*' matches no host"],
    ['nfs:!~db', "'!~db' matches no host"],
    ['nfs:!db[0]', "no host or group 'db'"],
    ['nfs[2]', 'there are only 2 hosts'],
    ['nfs:!nfs[2]', "'!nfs[2]': there are only 2 hosts"],
    ['nfs:!nfs[5:9]', 'there are only 2 hosts'],
    ['clients[-2]', 'there is only 1 host'],
    ['nfs[1:0]', 'ends before it begins'],
    ['M2[1]', "'M2[1]': there is only 1 host"],
    ['nfs:!M2[5]', "'!M2[5]': there is only 1 host"],
    ['M[1:2]', "no host or group 'M'"],
    ['nfs[', "'nfs[' matches no host"],
    ['nfs:!', "'!': a name is missing after '!'"],
    ['nfs:& ', "'&': a name is missing after '&'"],
    ['nfs:!!M2', "'!!M2': a name is missing after '!'"],
    ['', 'names no host'],
    [' , ', 'names no host'],
    [':', 'names no host'],
    ['~(', 'cannot be used as a regular expression'],
    ['~M1\\q', 'cannot be used as a regular expression'],
  ])('%j is an error', (pattern, message) => {
    expect(failure(() => matchHosts(inventoryOf({ hosts: hostsText }), pattern))).toContain(message)
  })

  it('lets an inventory lack a group only if the pattern is just its name', () => {
    const match = (pattern: string) => matchHosts(inventoryOf({ hosts: hostsText }), pattern, { mayLack: ['testers'] })
    expect(match('testers')).toEqual([])
    expect(failure(() => match('testers:M1'))).toContain("'testers'")
    expect(failure(() => match('!testers'))).toContain("'testers'")
    expect(failure(() => match('tester'))).toContain("'tester'")
  })

  describe('when a host and a group have the same name', () => {
    const inventory = () => inventoryOf({ hosts: '[web]\nweb\nw2\n[db]\nd1\n[front]\ndb\n[site:children]\nweb\ndb\nfront\n' })

    it('selects the host, or the group after an operator, as Ansible does', () => {
      expect(matchHosts(inventory(), 'web')).toEqual(['web'])
      expect(matchHosts(inventory(), 'site:!web')).toEqual(['d1', 'db'])
      expect(matchHosts(inventory(), 'site:&web')).toEqual(['web', 'w2'])
    })

    it('refuses an operator when the group does not contain the host', () => {
      expect(failure(() => matchHosts(inventory(), 'site:!db'))).toContain("'!db' is ambiguous")
    })
  })

  it('ends a regular expression that backtracks', () => {
    const inventory = inventoryOf({ hosts: `${'a'.repeat(60)}c\n` })
    const started = Date.now()
    expect(failure(() => matchHosts(inventory, '~(a+)+$b'))).toContain(
      "'~(a+)+$b' cannot be used as a regular expression: it takes more than 3 s",
    )
    expect(Date.now() - started).toBeLessThan(15_000)
  })

  it('is set algebra', { timeout: 900_000 }, () => {
    const inventory = inventoryOf({ hosts: hostsText })
    const name = fc.constantFrom('all', 'nfs', 'web', 'clients', 'site', 'M1', 'M2', 'C1', 'web*', '~M')
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        const of = (pattern: string) => new Set(matchHosts(inventory, pattern))
        const [A, B, C] = [of(a), of(b), of(c)]
        expect(of(`${a}:${b}`)).toEqual(new Set([...A, ...B]))
        expect(of(`${a},${b}`)).toEqual(of(`${b}:${a}`))
        expect(of(`${a}:&${b}:!${c}`)).toEqual(new Set([...A].filter(host => B.has(host) && !C.has(host))))
        // Exclusions and intersections apply last, in any position.
        expect(of(`!${c}:${a}:&${b}`)).toEqual(of(`${a}:&${b}:!${c}`))
        const list = matchHosts(inventory, `${a}:${b}`)
        expect(list.length).toBe(new Set(list).size)
      }),
      { numRuns: runs(100) },
    )
  })
})

describe('limitHosts', () => {
  const limit = (text: string, cwd?: string) => limitHosts(inventoryOf({ hosts: hostsText }), ['M1', 'M2'], text, cwd)

  it('selects only hosts of the play, in its order', () => {
    expect(limit('M2,C1')).toEqual(['M2'])
    expect(limit('!M2')).toEqual(['M1'])
    expect(limit('web')).toEqual(['M2'])
    expect(limit('C1')).toEqual([])
  })

  it('reads a file with @', () => {
    const cwd = workspace({ retry: '# yesterday\nM2\n\n', none: '\n' })
    expect(limit('@retry', cwd)).toEqual(['M2'])
    expect(failure(() => limit('@none', cwd))).toContain('names no host')
    expect(failure(() => limit('@missing', cwd))).toContain('no such file')
  })

  it('refuses an unknown name', () => {
    expect(failure(() => limit('M3'))).toContain("--limit: no host or group 'M3'")
    expect(failure(() => limit('all:!M3'))).toContain("--limit: no host or group 'M3'")
    expect(failure(() => limit('all:!@retry'))).toContain("no host or group '@retry'")
    const cwd = workspace({ retry: 'M1\n  !M3\n' })
    expect(failure(() => limit('@retry', cwd))).toContain("retry:2:3: no host or group 'M3'")
  })

  it('refuses an empty limit: a script may have an empty variable there', () => {
    for (const empty of ['', ' ', ',']) expect(failure(() => limit(empty))).toContain('--limit: no host is named')
  })
})
