import type { HostResource } from '../../../lib/role-api/index.ts'
import { absent, differsBy, inSync, present, probeOf } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { daemonLines, nfsDaemons } from './daemons.ts'
import { exportDirectory } from './exports.ts'
import { version3Ports } from './version3.ts'

/** Shell that runs `what` for each rpc.mountd process, without a fork to find it. $pid is its process ID. */
const each = (what: string): string =>
  `for c in /proc/[0-9]*/comm; do n=; { read -r n < "$c"; } 2>/dev/null; [ "$n" = rpc.mountd ] || continue; pid=\${c%/comm}; pid=\${pid#/proc/}; ${what}; done`

/**
 * Pure: the ports on which rpc.mountd listens, from its open sockets (`ls -l /proc/PID/fd`) and the kernel's table (proc(5), /proc/net/tcp:
 * the port in hex, 0A is listening, the tenth column is the inode). ss(8) would load a kernel module, which a check must not do. rpc.mountd
 * listens only for versions before 4, on a random port unless one is configured.
 */
const portsOf = (text: string): string => {
  const own = new Set([...text.matchAll(/-> socket:\[(\d+)\]/g)].map(([, inode]) => inode))
  const listening = text.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A (?:\S+ +){5}(\d+)/gm)
  const ports = [...listening].flatMap(([, port = '', inode]) => (own.has(inode) ? [Number.parseInt(port, 16)] : []))
  return [...new Set(ports)].join(', ')
}

const wantedPorts = ({ nfs_v3 }: Vars): string => (nfs_v3 ? `${version3Ports.mountd}` : '')

/** The option for the export table in memory, which the resource script passes to rpc.mountd. */
const inMemory = `--state-directory-path ${exportDirectory}`
const mountdIn = (text: string): string[] => daemonLines(text).filter(line => /^(?:\S*\/)?rpc\.mountd(?: |$)/.test(line))
const listOf = (text: string): string => (mountdIn(text).every(line => line.includes(inMemory)) ? 'in memory' : 'on disk')

/** Pure: whether an rpc.mountd among these daemons must be restarted. */
export const mountdIsOld = (text: string, vars: Vars): boolean =>
  mountdIn(text).length > 0 && (portsOf(text) !== wantedPorts(vars) || listOf(text) !== 'in memory')

const told = (ports: string): string => (ports === '' ? 'not served' : `served at port ${ports}`)

/**
 * rpc.mountd runs on both nodes all the time, and reads the versions to serve when it starts. It is restarted if it serves other versions
 * or ports, or uses another export table; version 4 clients do not need it in the meantime.
 */
export const mountdVersions = (id: string, vars: Vars): HostResource<{ ports: string; list: string }> => ({
  scope: 'host',
  id,
  invalidates: 'itself',
  settle: 10_000,
  probe: probeOf([nfsDaemons({ sockets: true })], ({ stdout }) =>
    mountdIn(stdout).length === 0 ? absent : present({ ports: portsOf(stdout), list: listOf(stdout) }),
  ),
  compare(actual) {
    const wanted = wantedPorts(vars)
    if (actual.kind === 'absent') return inSync
    const { ports, list } = actual.state
    return differsBy([
      ...(ports === wanted ? [] : [{ attribute: 'version 3', from: told(ports), to: told(wanted) }]),
      ...(list === 'in memory' ? [] : [{ attribute: 'list of exports', from: list, to: 'in memory' }]),
    ])
  },
  async apply($) {
    const gone = `n=0; while left=; ${each('left=1')}; [ -n "$left" ] && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done`
    // The export table of the new process must exist before the old one ends.
    const list = `mkdir -p ${exportDirectory} && exportfs -r`
    await $`sh -c ${`${list}; ${each('kill "$pid" || :')}; ${gone}; rpc.mountd ${inMemory}`}`
  },
})
