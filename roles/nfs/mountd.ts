import type { HostResource } from '../../lib/resources/resource.ts'
import { absent, present } from '../../lib/resources/resource.ts'
import type { Vars } from '../vars.ts'
import { version3Ports } from './version3.ts'

/** Shell: each process of that name, without a fork. Its number is in $pid. */
const each = (what: string): string =>
  `for c in /proc/[0-9]*/comm; do n=; { read -r n < "$c"; } 2>/dev/null; [ "$n" = rpc.mountd ] || continue; pid=\${c%/comm}; pid=\${pid#/proc/}; ${what}; done`

/** Pure: where rpc.mountd listens, by `ss -Hltnp` (ss(8)). It does so for versions before 4 alone; one that was not told a port takes any. */
const portsOf = (sockets: string): string => {
  const ports = [...sockets.matchAll(/:(\d+) +\S+ +users:\S*"rpc\.mountd"/g)].map(([, port]) => port)
  return [...new Set(ports)].sort().join(', ')
}

const told = (ports: string): string => (ports === '' ? 'not served' : `served at port ${ports}`)

/**
 * rpc.mountd runs on both nodes all the time, and reads which versions it serves when it starts. One that serves others, or elsewhere, is
 * started anew; clients of version 4 do without it in between.
 */
export const mountdVersions = (id: string, { nfs_v3 }: Vars): HostResource<string> => ({
  scope: 'host',
  id,
  alters: 'itself',
  settle: 10_000,
  probe: {
    sh: `found=44; ${each('found=0')}; ss -Hltnp 2>/dev/null; exit $found`,
    parse: ({ code, stdout }) => (code === 44 ? absent : present(portsOf(stdout))),
  },
  changes(actual) {
    const wanted = nfs_v3 ? `${version3Ports.mountd}` : ''
    if (actual.kind === 'absent' || actual.state === wanted) return []
    return [{ attribute: 'version 3', from: told(actual.state), to: told(wanted) }]
  },
  async apply($) {
    const gone = `n=0; while left=; ${each('left=1')}; [ -n "$left" ] && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done`
    await $`sh -c ${`${each('kill "$pid" || :')}; ${gone}; rpc.mountd`}`
  },
})
