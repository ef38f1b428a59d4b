import type { Probe } from '../../../lib/role-api/index.ts'
import { blocksOf, notRead, present } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { peerOf } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import type { Uuids } from '../drbd/adoption.ts'
import { withDrbd } from '../drbd/tools.ts'
import type { ServiceState } from '../state/state.ts'
import { parseService, serviceProbe } from '../state/state.ts'

/** DRBD's metadata of one copy (drbdadm get-gi; drbdmeta.c, m_show_gi). */
export interface Generation {
  uuids: Uuids
  consistent: boolean
  upToDate: boolean
  /** This node was Primary when the metadata was last written. */
  primary: boolean
  /** This node knows that the other copy is outdated or worse, because it continued without the peer. */
  peerOutdated: boolean
  /** It was Primary when it went down, and has not connected to its peer since. */
  crashedPrimary: boolean
}

/** One node's copy of the data, and whether the other node is really gone. */
export interface Copy extends ServiceState {
  generation: Generation | undefined
  /** Addresses of the other node that answer to this one: `172.16.0.211 over em2`. */
  answers: string[]
  /**
   * When ext4's superblock was last written, in seconds since 1970; 0 when it cannot be read (struct ext4_super_block, s_wtime). It is
   * written at a mount, an unmount or an error, not at each write to a file.
   */
  written: number
  /** The last line of the kernel log in which DRBD lost its connection, `2026-11-29T23:20:01+0000 ...`; '' when there is none. */
  contact: string
}

export type NamedCopy = Copy & { host: string }

/** The other node's addresses that this node pings, each with its own address and NIC on that link. */
export const linksTo = (context: Context): { nic: string; own: string; ip: string }[] => {
  const { vars } = context
  const peer = peerOf(context).vars
  return [
    { nic: vars.node_service_nic, own: vars.node_service_ip, ip: peer.node_service_ip },
    { nic: vars.node_heartbeat_nic, own: vars.node_heartbeat_ip, ip: peer.node_heartbeat_ip },
    { nic: vars.node_drbd_nic, own: vars.node_drbd_ip, ip: peer.node_drbd_ip },
  ]
}

/** Shell that prints each address of the other node that answers. All are pinged in parallel, twice each because a packet may be lost. */
export const answeringAddresses = (context: Context): string =>
  `${linksTo(context)
    .map(({ nic, own, ip }) => `(ping -n -q -c 2 -i 0.3 -W 2 -I ${own} ${ip} >/dev/null 2>&1 && echo "${ip} over ${nic}") &`)
    .join('\n')}\nwait`

/** DRBD 8.4 and 9 log this whenever a connection ends, for any reason: the peer's role becomes unknown. */
const lostConnection = 'peer( [A-Z][a-z]* -> Unknown )'

/** Shell that prints the last line in which DRBD lost its connection. `kernelLog` prints the kernel's log, the newest line first. */
export const lastContact = (kernelLog: string): string => `timeout -s KILL 10 ${kernelLog} 2>/dev/null | grep -m 1 '${lostConnection}'`

/** The block names must not occur in `serviceProbe`: both are parsed from the same output. */
const copyScript = (context: Context): string => {
  const { vars, platform } = context
  return withDrbd(
    vars,
    `echo "@generation"; drbdadm get-gi ${vars.drbd_resource} 2>/dev/null
echo "@peer-answers"; ${answeringAddresses(context)}
echo "@contact"; ${lastContact(platform.commands.kernelLog)}
echo "@copy"; echo read`,
  )
}

/** The state of the service, and the data that shows which copy is the newest. */
export const copyProbe = (context: Context): Probe<Copy> => {
  const { vars } = context
  return {
    sh: `${serviceProbe(context).sh}\n${copyScript(context)}`,
    timeout: 60_000,
    parse: ({ stdout }) => (blocksOf(stdout).copy?.trim() === 'read' ? present(parseCopy(stdout, vars)) : notRead('incomplete output')),
  }
}

/** Pure. */
export const parseCopy = (stdout: string, vars: Vars): Copy => {
  const blocks = blocksOf(stdout)
  const block = (name: string) => (blocks[name] ?? '').trim()
  return {
    ...parseService(stdout, vars),
    generation: parseGeneration(block('generation')),
    answers: block('peer-answers')
      .split('\n')
      .filter(line => line !== ''),
    written: writtenIn(blocks.superblock ?? ''),
    contact: block('contact'),
  }
}

/** Pure: s_wtime, four bytes (little endian) from offset 48 of ext4's superblock, in s since the epoch; 0 when it was not read. */
const writtenIn = (superblock: string): number => {
  const bytes = Buffer.from(superblock.replace(/\s+/g, ''), 'hex')
  return bytes.length < 52 ? 0 : bytes.readUInt32LE(48)
}

/**
 * Pure: when DRBD lost its connection, in the format of the log (ISO, or syslog's `Nov 29 23:20:01`); undefined when the log has no such
 * line.
 */
export const lostAt = ({ contact }: Pick<Copy, 'contact'>): string | undefined => /^(?:[A-Z][a-z]{2} +\d+ [\d:]+|\S+)/.exec(contact)?.[0]

/** Pure: `CURRENT:BITMAP:HISTORY:HISTORY:1:1:0:1:0:0:0`, the number of flags depends on the version of DRBD. */
const parseGeneration = (text: string): Generation | undefined => {
  const [current = '', ...rest] = text.split(':')
  if (!/^[0-9A-F]{16}$/i.test(current) || rest.length < 9) return undefined
  const [consistent, upToDate, primary, , , peerOutdated, crashedPrimary] = rest.slice(3).map(flag => flag === '1')
  return {
    uuids: { current, others: rest.slice(0, 3) },
    consistent: consistent ?? false,
    upToDate: upToDate ?? false,
    primary: primary ?? false,
    peerOutdated: peerOutdated ?? false,
    crashedPrimary: crashedPrimary ?? false,
  }
}
