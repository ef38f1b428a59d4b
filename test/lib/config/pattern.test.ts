import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitHosts, matchHosts } from '../../../lib/config/pattern.ts'
import { failure, inventoryOf, workspace } from './workspace.ts'

const HOSTS = `[nfs]
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
// Level by level, as Ansible lists them: `clients` hangs below `all` itself, `nfs` and `web` below `site`.
const ALL = ['C1', 'M1', 'M2', 'web1.example.org', 'web2.example.org', 'web3.example.org']

describe('matchHosts', () => {
  it.each([
    ['all', ALL],
    ['*', ALL],
    ['M1', ['M1']],
    ['M2:M1', ['M2', 'M1']],
    ['M1,C1', ['M1', 'C1']],
    [' M1 , C1 ', ['M1', 'C1']],
    ['nfs', ['M1', 'M2']],
    ['nfs:!M2', ['M1']],
    ['nfs:&web', ['M2']],
    ['!nfs', ['C1', ...ALL.slice(3)]],
    ['nfs[0]', ['M1']],
    ['nfs[-1]', ['M2']],
    ['nfs[0:1]', ['M1', 'M2']],
    ['web[1:]', ['web2.example.org', 'web3.example.org', 'M2']],
    ['nfs[1]:C1', ['M2', 'C1']],
    ['~M\\d', ['M1', 'M2']],
    ['~(web|C)', ['web1.example.org', 'web2.example.org', 'web3.example.org', 'M2', 'C1']],
    ['web?.example.org', ALL.slice(3)],
    ['web[12].*', ALL.slice(3, 5)],
    ['web[!1]*', ALL.slice(4)],
    ['*.example.org:!web1*', ALL.slice(4)],
    ['site:!web:C1', ['M1', 'C1']],
    ['empty', []],
    ['ungrouped', []],
  ])('%j', (pattern, hosts) => {
    expect(matchHosts(inventoryOf({ hosts: HOSTS }), pattern)).toEqual(hosts)
  })

  it.each([
    ['M3', "no host or group 'M3' in the inventory\n  did you mean 'M1'?"],
    ['nsf', "did you mean 'nfs'?"],
    ['nfs:!M9', "'M9'"],
    ['db*', "'db*' matches no host"],
    ['nfs[2]', 'there are only 2 hosts'],
    ['~(', 'no regular expression'],
  ])('%j is an error', (pattern, message) => {
    expect(failure(() => matchHosts(inventoryOf({ hosts: HOSTS }), pattern))).toContain(message)
  })

  it('takes an unknown name for an empty group only when told to', () => {
    expect(matchHosts(inventoryOf({ hosts: HOSTS }), 'nobody:M1', { optional: true })).toEqual(['M1'])
  })

  it('is set algebra', () => {
    const inventory = inventoryOf({ hosts: HOSTS })
    const name = fc.constantFrom('all', 'nfs', 'web', 'clients', 'site', 'M1', 'M2', 'C1', 'web*', '~M')
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        const of = (pattern: string) => new Set(matchHosts(inventory, pattern))
        const [A, B, C] = [of(a), of(b), of(c)]
        expect(of(`${a}:${b}`)).toEqual(new Set([...A, ...B]))
        expect(of(`${a},${b}`)).toEqual(of(`${b}:${a}`))
        expect(of(`${a}:&${b}:!${c}`)).toEqual(new Set([...A].filter(host => B.has(host) && !C.has(host))))
        // Exclusions and intersections count after all else, wherever they stand.
        expect(of(`!${c}:${a}:&${b}`)).toEqual(of(`${a}:&${b}:!${c}`))
        const list = matchHosts(inventory, `${a}:${b}`)
        expect(list.length).toBe(new Set(list).size)
      }),
    )
  })
})

describe('limitHosts', () => {
  const limit = (text: string, cwd?: string) => limitHosts(inventoryOf({ hosts: HOSTS }), ['M1', 'M2'], text, cwd)

  it('leaves hosts of the play only, in its order', () => {
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

  it('refuses a name that nobody has', () => {
    expect(failure(() => limit('M3'))).toContain("--limit: no host or group 'M3'")
  })
})
