import { clusterAssertion } from '../../lib/resources/assertion.ts'
import { blocksOf } from '../../lib/resources/blocks.ts'
import { quote } from '../../lib/resources/quote.ts'
import type { ClusterAssertion, Probe } from '../../lib/resources/resource.ts'
import { absent, present, unknown } from '../../lib/resources/resource.ts'
import { differsBy, inSync, refused } from '../../lib/resources/verdict.ts'
import type { Context } from '../role.ts'
import { peerOf, vipAddress } from '../role.ts'
import { hasAddress } from '../service/conditions.ts'
import type { Vars } from '../vars.ts'

interface Preflight {
  /** Addresses of the peer that did not answer. */
  silent: string[]
  /** Planned devices that are no block devices. */
  noDisk: string[]
}

/** All that must be so before anything is touched; pings run side by side because a dead link costs a second each. */
export const preflight = (context: Context): { probe: Probe<Preflight>; problems: (state: Preflight) => string[] } => {
  const { vars } = context
  const peer = peerOf(context)
  const links: [string, string, string][] = [
    [vars.node_service_nic, vars.node_service_ip, peer.vars.node_service_ip],
    [vars.node_heartbeat_nic, vars.node_heartbeat_ip, peer.vars.node_heartbeat_ip],
    [vars.node_drbd_nic, vars.node_drbd_ip, peer.vars.node_drbd_ip],
  ]
  const disk = vars.drbd_init_lvm?.disk ?? vars.drbd_disk
  const ping = ([nic, own, ip]: [string, string, string]) =>
    `(ping -n -q -c 2 -i 0.3 -W 2 -I ${own} ${ip} >/dev/null 2>&1 || echo "${ip} over ${nic}") &`
  return {
    probe: {
      sh: `echo @silent; ${links.map(ping).join('\n')}\nwait
echo @disk; [ -b ${quote(disk)} ] || echo ${quote(disk)}`,
      parse({ stdout }) {
        const blocks = blocksOf(stdout)
        if (blocks.silent === undefined || blocks.disk === undefined) return unknown('an answer to all questions')
        const lines = (name: string) => (blocks[name] ?? '').split('\n').filter(l => l !== '')
        return present({ silent: lines('silent'), noDisk: lines('disk') })
      },
    },
    problems: ({ silent, noDisk }) => [
      ...silent.map(link => `${peer.name} does not answer at ${link} (status.yml shows both nodes' links)`),
      ...noDisk.map(device => `${device} is no block device`),
    ],
  }
}

const claims = ['here', 'answers', 'free'] as const
type Claim = (typeof claims)[number]

/** The virtual IP is on one of our nodes or nobody answers there: another machine's address is never taken. Judges only. */
export const vipIsOurs = (vars: Vars): ClusterAssertion<Claim> => {
  const vip = vipAddress(vars)
  return clusterAssertion('virtual IP is ours or free', {
    probe: {
      sh: `if ${hasAddress(vip)}; then echo here; elif ping -n -q -c 1 -W 1 ${vip} >/dev/null 2>&1; then echo answers; else echo free; fi`,
      parse: ({ stdout }) => {
        const claim = claims.find(c => c === stdout.trim())
        return claim === undefined ? unknown('an answer: whether the virtual IP is here') : present(claim)
      },
    },
    compare(members) {
      const said = members.map(m => (m.reading.kind === 'present' ? m.reading.state : 'free'))
      if (said.includes('here') || !said.includes('answers')) return inSync
      return refused(`${vip} belongs to another machine: it answers, and neither node has it`)
    },
  })
}

/** Both backing disks of one size: DRBD would use the smaller one, and a disk of another size is often another disk. Judges only. */
export const diskSizes = (disk: string): ClusterAssertion<number> =>
  clusterAssertion('disks of one size', {
    probe: {
      sh: `blockdev --getsize64 ${quote(disk)}`,
      parse({ code, stdout }) {
        if (code !== 0) return absent
        return /^\d{1,18}$/.test(stdout.trim()) ? present(Number(stdout)) : unknown(`the size of ${disk}`)
      },
    },
    compare(members) {
      const sizes = members.map(m => (m.reading.kind === 'present' ? m.reading.state : 0))
      if (new Set(sizes).size === 1 && !sizes.includes(0)) return inSync
      return differsBy(members.map((m, i) => ({ attribute: `${disk} on ${m.host}`, from: `${sizes[i]} bytes`, to: '' })))
    },
  })
