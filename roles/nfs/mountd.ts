import type { HostResource } from '../../lib/resources/resource.ts'
import { absent, present } from '../../lib/resources/resource.ts'
import type { Vars } from '../vars.ts'
import { version3Ports } from './version3.ts'

/** `:4E50 00000000:0000 0A`: the port, nobody at the other end, listening. proc(5), /proc/net/tcp. */
const listens = `:${version3Ports.mountd.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`

/** Shell: each process of that name, without a fork. Its number is in $pid. */
const each = (what: string): string =>
  `for c in /proc/[0-9]*/comm; do n=; { read -r n < "$c"; } 2>/dev/null; [ "$n" = rpc.mountd ] || continue; pid=\${c%/comm}; pid=\${pid#/proc/}; ${what}; done`

/**
 * rpc.mountd runs on both nodes all the time, and reads which versions it serves when it starts. One that serves others is started anew; clients of
 * version 4 do without it in between.
 */
export const mountdVersions = (id: string, { nfs_v3 }: Vars): HostResource<boolean> => ({
  scope: 'host',
  id,
  alters: 'itself',
  settle: 10_000,
  probe: {
    sh: `found=44; ${each('found=0')}; grep -q '${listens}' /proc/net/tcp 2>/dev/null && echo 3; exit $found`,
    parse: ({ code, stdout }) => (code === 44 ? absent : present(stdout.trim() === '3')),
  },
  changes(actual) {
    if (actual.kind === 'absent' || actual.state === nfs_v3) return []
    return [{ attribute: 'version 3', from: actual.state ? 'served' : 'not served', to: nfs_v3 ? 'served' : 'not served' }]
  },
  async apply($) {
    const gone = `n=0; while left=; ${each('left=1')}; [ -n "$left" ] && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done`
    await $`sh -c ${`${each('kill "$pid" || :')}; ${gone}; rpc.mountd`}`
  },
})
