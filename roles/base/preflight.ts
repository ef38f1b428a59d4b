import type { ClusterAssertion, Probe } from '../../lib/role-api/index.ts'
import {
  absent,
  blocksOf,
  clusterAssertion,
  differsBy,
  inSync,
  notRead,
  present,
  probeOf,
  quote,
  refused,
  simple,
  statesOf,
  text,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { peerOf, vipAddress } from '../role.ts'
import { servedMarker } from '../service/paths.ts'
import { addresses, hasAddressIn } from '../service/sources.ts'
import type { Vars } from '../vars.ts'

interface Preflight {
  /** Links on which the peer did not answer, `ADDRESS over NIC`. */
  silent: string[]
  /** Planned devices that are not block devices. */
  noDisk: string[]
}

/** Conditions that must hold before anything is changed. Pings run in parallel: a dead link takes seconds to time out. */
export const preflight = (context: Context): { probe: Probe<Preflight>; problems: (state: Preflight) => string[] } => {
  const { vars } = context
  const peer = peerOf(context)
  const links: [string, string, string][] = [
    [vars.node_service_nic, vars.node_service_ip, peer.vars.node_service_ip],
    [vars.node_heartbeat_nic, vars.node_heartbeat_ip, peer.vars.node_heartbeat_ip],
    [vars.node_drbd_nic, vars.node_drbd_ip, peer.vars.node_drbd_ip],
  ]
  const disk = vars.drbd_init_lvm?.disk ?? vars.drbd_disk
  const ping = ([, own, ip]: [string, string, string], i: number) =>
    `ping -n -q -c 2 -i 0.3 -W 2 -I ${own} ${ip} >/dev/null 2>&1 & p${i}=$!`
  const answer = ([nic, , ip]: [string, string, string], i: number) => `wait "$p${i}" || echo "${ip} over ${nic}"`
  const script = `echo @silent; ${[...links.map(ping), ...links.map(answer)].join('\n')}
echo @disk; [ -b ${quote(disk)} ] || echo ${quote(disk)}`
  return {
    probe: probeOf([simple(script)], ({ stdout }) => {
      const blocks = blocksOf(stdout)
      if (blocks.silent === undefined || blocks.disk === undefined) return notRead('incomplete output')
      const lines = (name: string) => (blocks[name] ?? '').split('\n').filter(l => l !== '')
      return present({ silent: lines('silent'), noDisk: lines('disk') })
    }),
    problems: ({ silent, noDisk }) => [
      ...silent.map(link => `${peer.name} does not answer at ${link} (status.yml shows both nodes' links)`),
      ...noDisk.map(device => `${device} is not a block device`),
    ],
  }
}

type Claim = 'here' | 'answers' | 'free'

/** The virtual IP is on one of our nodes, or nobody answers there: another machine's address is never taken over. Check only. */
export const vipIsOurs = (vars: Vars): ClusterAssertion<Claim> => {
  const vip = vipAddress(vars)
  return clusterAssertion('virtual IP is ours or free', {
    // If the address is on this node, ping returns at once.
    probe: probeOf(['@addresses\n', addresses, '@end\n', simple(`ping -n -q -c 1 -W 1 ${vip} >/dev/null 2>&1`)], ({ code, stdout }) => {
      const { addresses: own = '', end } = blocksOf(stdout)
      if (!own.includes(' inet ') || end === undefined) return notRead("the node's addresses could not be read")
      return present<Claim>(hasAddressIn(own, vip) ? 'here' : code === 0 ? 'answers' : 'free')
    }),
    compare(members) {
      const said = members.map(m => (m.reading.kind === 'present' ? m.reading.state : 'free'))
      if (said.includes('here') || !said.includes('answers')) return inSync
      return refused(`${vip} belongs to another machine: it answers, but neither node has it`)
    },
  })
}

interface DiskSize {
  bytes: number
  /** This node has been part of a cluster in service. */
  served: boolean
}

/**
 * Both backing disks have the same size: DRBD uses the smaller size, and a different size often means the wrong disk. A pair that has been
 * in service may have disks of different sizes (one was replaced, or is about to be grown); roles/service/drbd/verdict.ts then checks that
 * neither is too small for the data. Check only.
 */
export const diskSizes = (disk: string): ClusterAssertion<DiskSize> =>
  clusterAssertion('disks of one size', {
    probe: probeOf(['@served\n', text(servedMarker), '@size\n', simple(`blockdev --getsize64 ${quote(disk)}`)], ({ code, stdout }) => {
      if (code !== 0) return absent
      const { served = '', size = '' } = blocksOf(stdout)
      return /^\d{1,18}$/.test(size.trim())
        ? present({ bytes: Number(size), served: served.trim() !== '' })
        : notRead(`the size of ${disk} cannot be read`)
    }),
    compare(members) {
      const states = statesOf(members)
      const sizeOn = (host: string) => states.find(s => s.host === host)?.bytes ?? 0
      const sizes = members.map(m => sizeOn(m.host))
      if (!sizes.includes(0) && (new Set(sizes).size === 1 || states.some(s => s.served))) return inSync
      return differsBy(members.map(m => ({ attribute: `${disk} on ${m.host}`, from: `${sizeOn(m.host)} bytes`, to: '' })))
    },
  })
