import type { HostResource } from '../../../lib/role-api/index.ts'
import { absent, differsBy, inSync, present, probeOf } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { daemonLines, nfsDaemons } from './daemons.ts'
import { exportDirectory } from './exports.ts'
import { version3Ports } from './version3.ts'

/** Shell: each process of that name, without a fork. Its number is in $pid. */
const each = (what: string): string =>
  `for c in /proc/[0-9]*/comm; do n=; { read -r n < "$c"; } 2>/dev/null; [ "$n" = rpc.mountd ] || continue; pid=\${c%/comm}; pid=\${pid#/proc/}; ${what}; done`

/**
 * Pure: where rpc.mountd listens, by the sockets that it has open (`ls -l /proc/PID/fd`) and the kernel's table (proc(5), /proc/net/tcp: the port in
 * hex, 0A listening, the tenth column is the inode). ss(8) would load a module for it, and a check loads none. It listens for versions before 4
 * alone, and at any port when it was not told one.
 */
const portsOf = (text: string): string => {
  const own = new Set([...text.matchAll(/-> socket:\[(\d+)\]/g)].map(([, inode]) => inode))
  const listening = text.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A (?:\S+ +){5}(\d+)/gm)
  const ports = [...listening].flatMap(([, port = '', inode]) => (own.has(inode) ? [Number.parseInt(port, 16)] : []))
  return [...new Set(ports)].join(', ')
}

const wantedPorts = ({ nfs_v3 }: Vars): string => (nfs_v3 ? `${version3Ports.mountd}` : '')

/** It reads the list of exports that is in memory: the resource script names it when it starts rpc.mountd. */
const inMemory = `--state-directory-path ${exportDirectory}`
const mountdIn = (text: string): string[] => daemonLines(text).filter(line => /^(?:\S*\/)?rpc\.mountd(?: |$)/.test(line))
const listOf = (text: string): string => (mountdIn(text).every(line => line.includes(inMemory)) ? 'in memory' : 'on disk')

/** Pure: whether there is an rpc.mountd among these daemons that is to be started again. */
export const mountdIsOld = (text: string, vars: Vars): boolean =>
  mountdIn(text).length > 0 && (portsOf(text) !== wantedPorts(vars) || listOf(text) !== 'in memory')

const told = (ports: string): string => (ports === '' ? 'not served' : `served at port ${ports}`)

/**
 * rpc.mountd runs on both nodes all the time, and reads which versions it serves when it starts. One that serves others, or elsewhere, is
 * started again; clients of version 4 do without it in between.
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
    // The list that the new one reads is there before the old one ends.
    const list = `mkdir -p ${exportDirectory} && exportfs -r`
    await $`sh -c ${`${list}; ${each('kill "$pid" || :')}; ${gone}; rpc.mountd ${inMemory}`}`
  },
})
