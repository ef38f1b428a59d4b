import type { ClusterAssertion } from '../../lib/role-api/index.ts'
import { absent, clusterAssertion, inSync, notRead, present, probeOf, quote, refused, simple } from '../../lib/role-api/index.ts'

/** These files are identical on both nodes. Only checksums are compared, so no content leaves a node. Check only. */
export const sameOnBoth = (paths: string[]): ClusterAssertion<string> =>
  clusterAssertion(`same on both nodes: ${paths.join(' ')}`, {
    dependsOn: paths.map(path => `file ${path}`),
    probe: probeOf([simple(`sha256sum ${paths.map(quote).join(' ')}`)], ({ code, stdout }) => {
      if (code !== 0) return absent
      const sums = stdout.split('\n').filter(line => /^\\?[0-9a-f]{64} /.test(line))
      return sums.length === paths.length ? present(stdout) : notRead('incomplete output')
    }),
    compare(members) {
      const sums = members.map(m => (m.reading.kind === 'present' ? m.reading.state : `missing on ${m.host}`))
      if (new Set(sums).size === 1) return inSync
      return refused(`the nodes differ: ${sums.map((s, i) => `${members[i]?.host}:\n${s}`).join('\n')}`)
    },
  })
