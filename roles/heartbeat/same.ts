import { quote } from '../../lib/resources/quote.ts'
import type { ClusterResource } from '../../lib/resources/resource.ts'
import { absent, present, unknown } from '../../lib/resources/resource.ts'

/** Both nodes have the same bytes in these files. Sums are compared, so no content travels. Judges only. */
export const sameOnBoth = (paths: string[]): ClusterResource<string> => ({
  scope: 'cluster',
  id: `same on both nodes: ${paths.join(' ')}`,
  assertion: true,
  dependsOn: paths.map(path => `file ${path}`),
  alters: 'itself',
  probe: {
    sh: `sha256sum ${paths.map(quote).join(' ')}`,
    parse({ code, stdout }) {
      if (code !== 0) return absent
      const sums = stdout.split('\n').filter(line => /^\\?[0-9a-f]{64} /.test(line))
      return sums.length === paths.length ? present(stdout) : unknown('the sums of all files')
    },
  },
  changes(members) {
    const sums = members.map(m => (m.reading.kind === 'present' ? m.reading.state : `missing on ${m.host}`))
    return new Set(sums).size === 1 ? [] : `the nodes differ: ${sums.map((s, i) => `${members[i]?.host}:\n${s}`).join('\n')}`
  },
  apply: async () => undefined,
})
