import { blocksOf } from '../../lib/engine/frames.ts'
import type { Platform } from '../../lib/platform/platform.ts'
import type { DrbdDevice } from '../../lib/resources/proc-drbd.ts'
import { minorOf, parseProcDrbd } from '../../lib/resources/proc-drbd.ts'
import type { Member, Probe } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import { vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'

/** What one node does for the cluster, read in one script. */
export interface ServiceState {
  heartbeat: boolean
  /** heartbeat says both that it is up and that no hand-over is under way */
  stable: boolean
  vip: boolean
  device: DrbdDevice | undefined
  mounted: boolean
  nfsd: number
  exported: boolean
  /** This node has served before: from then on nothing starts it but heartbeat and its operator. */
  served: string
  /** status of the peer's links as heartbeat sees them: `em2 up` */
  links: string[]
  space: { used: string; inodes: string } | undefined
}

/** Marks a node that has been part of a serving cluster, with the stage it served at. */
export const servedMarker = '/var/lib/nfsha-play/served'

export const serviceProbe = (vars: Vars, platform: Platform, peerName: string): Probe<ServiceState> => ({
  sh: `echo "@heartbeat"; ${platform.commands.isActive(platform.services.heartbeat)}
echo "@rsc"; cl_status rscstatus 2>/dev/null
echo "@links"; for l in $(cl_status listhblinks ${peerName} 2>/dev/null); do echo "$l $(cl_status hblinkstatus ${peerName} $l 2>/dev/null)"; done
echo "@vip"; ip -o -4 addr show | grep ' inet ${vipAddress(vars)}/'
echo "@drbd"; cat /proc/drbd 2>/dev/null
echo "@mount"; grep '^${vars.drbd_device} ${vars.nfs_export_path} ' /proc/mounts
echo "@nfsd"; cat /proc/fs/nfsd/threads 2>/dev/null
echo "@exports"; cat /var/lib/nfs/etab 2>/dev/null
echo "@served"; cat ${servedMarker} 2>/dev/null
echo "@space"; grep -q '^${vars.drbd_device} ' /proc/mounts && { df -P ${vars.nfs_export_path} | tail -n 1; df -Pi ${vars.nfs_export_path} | tail -n 1; }; true`,
  parse({ stdout }) {
    const blocks = blocksOf(stdout)
    const block = (name: string) => (blocks[name] ?? '').trim()
    const minor = minorOf(vars.drbd_device)
    const [space, inodes] = block('space')
      .split('\n')
      .map(l => l.split(/\s+/)[4] ?? '')
    return present({
      heartbeat: block('heartbeat') === 'active',
      stable: /^(all|local|foreign|none)$/.test(block('rsc')),
      vip: block('vip') !== '',
      device: parseProcDrbd(blocks.drbd ?? '').devices.find(d => d.minor === minor),
      mounted: block('mount') !== '',
      nfsd: Number(block('nfsd') || 0),
      exported:
        Number(block('nfsd') || 0) > 0 && // etab outlives a power loss
        block('exports')
          .split('\n')
          .some(l => l.startsWith(`${vars.nfs_export_path}\t`)),
      served: block('served'),
      links: block('links')
        .split('\n')
        .filter(l => l !== ''),
      space: space ? { used: space, inodes: inodes ?? '' } : undefined,
    })
  },
})

export type NamedState = ServiceState & { host: string }

export const statesOf = (members: Member<ServiceState>[]): NamedState[] =>
  members.flatMap(m => (m.reading.kind === 'present' ? [{ host: m.host, ...m.reading.state }] : []))

const names = (states: NamedState[]): string => states.map(s => s.host).join(' and ') || 'no node'

/** Pure: everything that speaks against "one node serves, the other stands by", by the words an operator would look for. */
export const serviceProblems = (states: NamedState[], stage: Vars['ha_stage']): string[] => {
  const problems: string[] = []
  const add = (wrong: boolean, text: string) => wrong && problems.push(text)
  const holders = states.filter(s => s.vip)
  for (const s of states) add(!s.heartbeat, `heartbeat does not run on ${s.host}`)
  add(holders.length !== 1, `the virtual IP is on ${names(holders)}, it belongs on exactly one`)
  if (stage === 'vip') return problems
  const [holder] = holders
  const primaries = states.filter(s => s.device?.role === 'Primary')
  add(
    primaries.length !== 1 || primaries[0]?.host !== holder?.host,
    `DRBD is Primary on ${names(primaries)}, wanted where the virtual IP is`,
  )
  for (const s of states) {
    add(!s.device, `DRBD has no device on ${s.host}`)
    if (!s.device) continue
    const good = s.device.disk === 'UpToDate' || /^(Sync|PausedSync)/.test(s.device.connection)
    add(!good, `DRBD is ${s.device.disk} on ${s.host}`)
    add(
      ['StandAlone', 'WFConnection'].includes(s.device.connection),
      `DRBD on ${s.host} has no connection to its peer (${s.device.connection})`,
    )
  }
  const where = (key: 'mounted' | 'exported', what: string) => {
    const at = states.filter(s => s[key])
    add(at.length !== 1 || at[0]?.host !== holder?.host, `${what} on ${names(at)}, wanted where the virtual IP is`)
  }
  where('mounted', 'the file system is mounted')
  where('exported', 'the file system is exported')
  for (const s of states)
    add(s.vip !== s.nfsd > 0, s.vip ? `nfsd does not run on ${s.host}` : `nfsd runs on ${s.host}, which does not hold the virtual IP`)
  return problems
}
