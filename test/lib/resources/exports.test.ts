import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExports, withoutExport } from '../../../lib/resources/exports.ts'

const net = '192.168.0.0/24'

describe('exports(5)', () => {
  test.each([
    ["the article's", `/data ${net}(rw,sync,no_root_squash,no_subtree_check)\n`, [[net, 'rw,sync,no_root_squash,no_subtree_check']]],
    ['several clients', '/data a(rw) b(ro)', [['a', 'rw'], ['b', 'ro']]], // biome-ignore format: a table
    ['options for all', '/data -sync,rw a b(ro)', [['a', 'sync,rw'], ['b', 'sync,rw,ro']]], // biome-ignore format: a table
    ['a continued line', '/data a(rw) \\\n  b(ro)\n', [['a', 'rw'], ['b', 'ro']]], // biome-ignore format: a table
    ['a quoted path and a netgroup', '"/data" @trusted(rw)', [['@trusted', 'rw']]],
    ['everybody', '/data (ro)', [['*', 'ro']]],
    ['no client', '/data', [['*', '']]],
    ['a comment', '# /data a(rw)\n\n/data a(rw) # for now', [['a', 'rw']]],
  ])('%s', (_, text, clients) => {
    expect(parseExports(text).map(e => [e.path, e.client, e.options.join(',')])).toEqual(clients.map(c => ['/data', ...c]))
  })

  test.each([
    ['its own line', `# mine\n/data ${net}(rw)\n/srv *(ro)\n`, '# mine\n/srv *(ro)\n'],
    ['with another client', `/data ${net}(rw) b(ro,async)\n`, '/data b(ro,async)\n'],
    ['over two lines', `/data ${net}(rw) \\\n b(ro)\n/srv c(ro)\n`, '/data b(ro)\n/srv c(ro)\n'],
    ['absent', '/data b(ro)\n\t/other  x( ro )\n', '/data b(ro)\n\t/other  x( ro )\n'],
  ])('without one export: %s', (_, text, rest) => {
    expect(withoutExport(text, '/data', net)).toBe(rest)
  })

  test('the result exports all but that one, and a second call changes nothing', () => {
    const word = fc.stringMatching(/^[a-z]{1,4}$/)
    const entry = fc.record({ path: word.map(w => `/${w}`), client: word, options: fc.array(word, { maxLength: 2 }) })
    const text = fc.array(fc.oneof(entry.map(e => `${e.path} ${e.client}(${e.options})`), fc.constantFrom('', '# /a b(rw)')), { maxLength: 6 }) // biome-ignore format: one line
    fc.assert(
      fc.property(text, entry, (lines, gone) => {
        const before = [...lines, `${gone.path} ${gone.client}(rw)`].join('\n')
        const after = withoutExport(before, gone.path, gone.client)
        expect(parseExports(after)).toEqual(parseExports(before).filter(e => e.path !== gone.path || e.client !== gone.client))
        expect(withoutExport(after, gone.path, gone.client)).toBe(after)
      }),
    )
  })
})
