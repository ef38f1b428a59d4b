import type { HostAssertion, HostResource } from '../../../lib/role-api/index.ts'
import { differsBy, hostAssertion, inSync, present, probeOf, refused, simple, skip, text } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { peerOf } from '../../role.ts'
import { version3Needs } from '../nfs/version3.ts'

/** The ports that the cluster needs, each with its purpose, protocol and NIC. */
export const neededPorts = (context: Context): { what: string; protocol: string; port: number; nic: string }[] => {
  const { vars } = context
  return [
    { what: 'heartbeat', protocol: 'udp', port: vars.heartbeat_udpport, nic: vars.node_heartbeat_nic },
    { what: 'heartbeat', protocol: 'udp', port: vars.heartbeat_udpport, nic: vars.node_drbd_nic },
    { what: 'heartbeat', protocol: 'udp', port: vars.heartbeat_udpport, nic: vars.node_service_nic },
    { what: 'replication', protocol: 'tcp', port: vars.drbd_port, nic: vars.node_drbd_nic },
    { what: 'NFS', protocol: 'tcp', port: 2049, nic: vars.node_service_nic },
    ...(vars.nfs_v3 ? version3Needs().map(need => ({ ...need, nic: vars.node_service_nic })) : []),
  ]
}

interface Ruleset {
  /** Whether the input chain drops by default or has a rule that drops or rejects. */
  closes: boolean
  text: string
}

const reads = `if command -v nft >/dev/null 2>&1; then nft list ruleset 2>/dev/null; elif command -v iptables-save >/dev/null 2>&1; then iptables-save 2>/dev/null; fi`

/** Pure: whether a ruleset (nft or iptables-save) can block a port. */
export const parseRules = (text: string): Ruleset => ({
  closes: /hook input[^}]*policy drop|^:INPUT DROP|-A INPUT .*-j (DROP|REJECT)|\b(drop|reject)\b/m.test(text),
  text,
})

/** Comment of the rules that we add, or that an operator adds for us. */
const mark = 'nfsha-play'

/**
 * A firewall that drops or rejects anything ends the run with the list of ports that must be open: a cluster behind a blocked port looks
 * healthy until a node fails. The ruleset is not evaluated (interfaces, sets, jumps, addresses); one marked rule per port counts as
 * confirmation. Rules are never removed, and only added when a variable says so.
 */
export const firewall = (context: Context): HostResource<Ruleset> => {
  const ports = neededPorts(context)
  const peer = peerOf(context)
  const list = ports.map(p => `${p.protocol}/${p.port} on ${p.nic} (${p.what})`).join(', ')
  const open = ports.map(p => `iptables -I INPUT -i ${p.nic} -p ${p.protocol} --dport ${p.port} -m comment --comment ${mark} -j ACCEPT`)
  const marked = (text: string) => text.split(mark).length - 1
  return {
    scope: 'host',
    id: 'firewall',
    invalidates: 'itself',
    probe: probeOf([simple(reads)], ({ stdout }) =>
      parseRules(stdout).closes ? present(parseRules(stdout)) : skip('no rule closes a port'),
    ),
    compare(actual) {
      if (actual.kind === 'absent' || marked(actual.state.text) >= ports.length) return inSync
      if (context.vars.base_firewall === 'report')
        return refused(refusal(list, { peer: peer.name, wanted: ports.length, found: marked(actual.state.text) }))
      return differsBy([{ attribute: 'rules', from: 'may close ports', to: `${list} open` }])
    },
    async apply($) {
      for (const rule of open) await $`sh -c ${rule}`
    },
  }
}

const refusal = (list: string, { peer, wanted, found }: { peer: string; wanted: number; found: number }): string =>
  `a firewall drops or rejects packets, and may close what the cluster needs: ${list}, from ${peer} and the clients. \
Let each through with a rule of its own that has the comment ${mark} (${found} of ${wanted} found), or set base_firewall: open`

/** SELinux in enforcing mode blocks heartbeat's scripts on the systems of that time: reported, never switched off. */
export const selinux = (): HostAssertion<string> =>
  hostAssertion('SELinux', {
    // Kernels before 3.0 use /selinux.
    probe: probeOf([text('/sys/fs/selinux/enforce', '/selinux/enforce')], ({ stdout }) =>
      stdout.trim() === '1' ? present('enforcing') : skip('not enforcing'),
    ),
    compare: actual =>
      actual.kind === 'present'
        ? refused('SELinux is enforcing: allow what heartbeat runs with a policy, or set it to permissive yourself')
        : inSync,
  })
