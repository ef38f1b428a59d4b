import type { ClusterAssertion, Member, Node } from '../../../lib/role-api/index.ts'
import {
  blocksOf,
  clusterAssertion,
  inSync,
  minorOf,
  notRead,
  parseProcDrbd,
  present,
  probeOf,
  quote,
  refused,
  shell,
  statesOf,
  text,
} from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { backingDisk } from '../drbd/disk.ts'
import { drbdConfigDir, withDrbd } from '../drbd/tools.ts'
import { servedMarker } from '../paths.ts'
import { hostName, procDrbd } from '../sources.ts'

/** A DRBD resource with one volume on one node, as in the kernel or in its file. */
export interface Resource {
  name: string
  minor?: number
  disk?: string
  /** `172.16.100.210:7789` */
  address?: string
  peerAddress?: string
  /** Host names of its `on` sections, which only the file has. */
  hosts: string[]
}

/** What a node actually uses, whatever the inventory says now. */
export interface InUse {
  running: Resource[]
  declared: Resource[]
  /** Major and minor number of each device named above, by path; empty if the device does not exist. */
  numbers: Record<string, string>
  /** Where a DRBD device is mounted, by its path. */
  mounts: Record<string, string>
  /** It has been part of a cluster in service, or has data that DRBD considers good. */
  hasServed: boolean
}

/** Pure: parses `drbdsetup show` of 8.4, without options: one resource, this host and the other. */
export const parseShow = (text: string): Resource[] =>
  text.split(/^resource /m).flatMap((part, i) => {
    if (i === 0) return []
    const name = /^"?([^\s"]+)/.exec(part)?.[1] ?? ''
    const [own = '', peer = ''] = ['_this_host', '_remote_host'].map(side => part.split(side)[1]?.split(/_(?:this|remote)_host/)[0] ?? '')
    return [withoutGaps({ name, hosts: [], ...volumeOf(part), address: addressIn(own), peerAddress: addressIn(peer) })]
  })

/** Pure: parses the resources in drbd.conf(5) files, from the point of view of `hostName`. */
export const parseResourceFiles = (text: string, hostName: string): Resource[] =>
  text.split(/^[^\S\n]*resource\s+/m).flatMap((part, i) => {
    if (i === 0) return []
    const name = /^"?([^\s"{]+)/.exec(part)?.[1] ?? ''
    const [head = '', ...sections] = part.split(/^[^\S\n]*on\s+/m)
    const hosts = sections.map(s => /^"?([^\s"{]+)/.exec(s)?.[1] ?? '')
    const own = sections[hosts.indexOf(hostName)]
    if (own === undefined) return [{ name, hosts }]
    const peer = sections.find(s => s !== own) ?? ''
    // Settings that both hosts share may precede their sections.
    const both = { ...volumeOf(head), ...volumeOf(own) }
    return [withoutGaps({ name, hosts, ...both, address: addressIn(own), peerAddress: addressIn(peer) })]
  })

const volumeOf = (text: string): Pick<Resource, 'minor' | 'disk'> => {
  const minor = /^[^\S\n]*device\s.*?(?:minor\s+|\/dev\/drbd)(\d+)/m.exec(text)?.[1]
  const disk = /^[^\S\n]*disk\s+"?(\/[^\s";]+)/m.exec(text)?.[1]
  return { ...(minor !== undefined && { minor: Number(minor) }), ...(disk !== undefined && { disk }) }
}

const addressIn = (text: string): string | undefined => /^[^\S\n]*address\s+(?:ipv4\s+)?([\d.]+:\d+)/m.exec(text)?.[1]

const withoutGaps = (resource: { [K in keyof Resource]: Resource[K] | undefined }): Resource =>
  Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== undefined)) as unknown as Resource

/** Shell that appends the needed lines of its input to `g`. Options, including the shared secret, stay on the node. */
const pick = `pick() { while read -r l || [ -n "$l" ]; do case $l in 'resource '*|'on '*|_this_host*|_remote_host*|address*|device*|disk[[:space:]]*/*) g="$g$l
" ;; esac; done; }`

const usedScript = (context: Context): string => {
  const { vars } = context
  return withDrbd(
    vars,
    `${pick}
echo "@show"; g=''; if [ -e /proc/drbd ]; then pick <<SHOWN
$(drbdsetup show 2>/dev/null)
SHOWN
fi; s=$g; printf %s "$s"
echo "@files"; g=''; for c in ${drbdConfigDir(context)}/*.res; do [ ! -r "$c" ] || pick < "$c"; done; printf %s "$g"
echo "@numbers"; set -f; set -- ${quote(backingDisk(vars))}; p=; for w in $s $g; do if [ "$p" = disk ]; then w=\${w#\\"}; case $w in /*) set -- "$@" "\${w%%[\\";]*}" ;; esac; fi; p=$w; done
stat -Lc '%n %t:%T' -- "$@" 2>/dev/null; for d; do echo "$d "; done
echo "@mounts"; while IFS= read -r l; do case $l in /dev/drbd*) printf '%s\\n' "$l" ;; esac; done < /proc/mounts`,
  )
}

/** Pure. */
export const parseInUse = (stdout: string): InUse => {
  const blocks = blocksOf(stdout)
  const pairs = (name: string) =>
    Object.fromEntries(
      (blocks[name] ?? '')
        .split('\n')
        .flatMap(line => (line.trim() === '' ? [] : [line.split(' ').slice(0, 2)]))
        .toReversed(),
    )
  const good = parseProcDrbd(blocks.proc ?? '').devices.some(d => d.role === 'Primary' || /^(UpToDate|Consistent|Outdated)$/.test(d.disk))
  return {
    running: parseShow(blocks.show ?? ''),
    declared: parseResourceFiles(blocks.files ?? '', (blocks.name ?? '').trim()),
    numbers: pairs('numbers'),
    // The first of two mounts of a device counts: it is the share, and the other is inside it.
    mounts: pairs('mounts'),
    hasServed: good || (blocks.served ?? '').trim() !== '',
  }
}

type Named = InUse & { host: string }

/**
 * A pair that has data keeps its disks, addresses and names: they say where the data is. A run that applied a different value from the
 * inventory would detach a live disk on both nodes at once, or cut the replication. Runs before everything that writes. Check only.
 */
const judgement = (context: Context, moved?: string): Pick<ClusterAssertion<InUse>, 'allowMissing' | 'probe' | 'compare'> => ({
  allowMissing: true,
  probe: probeOf([shell(usedScript(context)), '@proc\n', procDrbd, '@name\n', hostName, '@served\n', text(servedMarker)], ({ stdout }) =>
    blocksOf(stdout).name?.trim() ? present(parseInUse(stdout)) : notRead('incomplete output'),
  ),
  compare(members: Member<InUse>[]) {
    const problems = inUseProblems(statesOf(members), context.cluster.nodes, moved)
    if (problems.length === 0) return inSync
    return refused(
      `this pair has data, and a run does not move it; nothing was written. Declare what is in use:\n${problems.join('\n')}\n${onPurpose(problems)}`,
    )
  },
})

/**
 * Pure: differences between the inventory and what is in use, one line each, except the disk of node `moved`. Empty on a pair without data.
 */
const inUseProblems = (states: Named[], nodes: Node<Vars>[], moved?: string): string[] => {
  if (!states.some(s => s.hasServed)) return []
  return states.flatMap(state => {
    const node = nodes.find(n => n.name === state.host)
    const peer = nodes.find(n => n.name !== state.host)
    const problems = node && peer ? problemsOn(state, states, node.vars, peer.vars, nodes) : []
    return problems.filter(p => !(state.host === moved && isAboutDisk(p)))
  })
}

const isAboutDisk = (problem: string): boolean => /^[^:]+: drbd_disk is /.test(problem)

/** How to make the refused change on purpose. */
const onPurpose = (problems: string[]): string => {
  const hosts = [...new Set(problems.filter(isAboutDisk).map(p => p.replace(/:.*/, '')))]
  const disk =
    hosts.length === 0
      ? ''
      : `Another disk, one node at a time: nfsha-play move-disk.yml -e ha_move_disk=${hosts.length === 1 ? hosts[0] : '<node>'}\n`
  return `${disk}To change it on purpose, one node at a time: docs/changing-a-pair.md`
}

const problemsOn = (state: Named, all: Named[], vars: Vars, peer: Vars, nodes: Node<Vars>[]): string[] => {
  const [running, declared] = [ofPair(state.running, state, vars), ofPair(state.declared, state, vars)]
  const found = running ?? declared
  if (!found) return []
  const by = running ? 'DRBD runs' : 'its file says'
  const differ = (name: string, wanted: string | number, actual: string | number | undefined): string[] =>
    actual === undefined || actual === wanted ? [] : [`${name} is ${wanted}, ${by} ${actual}`]
  const names = nodes.map(n => n.vars.node_name)
  const strangers = (declared?.hosts ?? []).filter(host => !names.includes(host))
  const device = found.minor === undefined ? undefined : `/dev/drbd${found.minor}`
  const mounted = device && state.mounts[device]
  return [
    ...differ('drbd_resource', vars.drbd_resource, found.name),
    ...differ('drbd_device', vars.drbd_device, device),
    ...diskProblem(state, all, vars, { running, declared }),
    ...differ('node_drbd_ip and drbd_port', `${vars.node_drbd_ip}:${vars.drbd_port}`, found.address ?? declared?.address),
    ...differ(
      "the peer's node_drbd_ip and drbd_port",
      `${peer.node_drbd_ip}:${vars.drbd_port}`,
      found.peerAddress ?? declared?.peerAddress,
    ),
    ...(strangers.length > 0 ? [`node_name is ${names.join(' and ')}, DRBD's file names ${strangers.join(' and ')}`] : []),
    ...(mounted !== undefined && mounted !== vars.nfs_export_path && !vars.accept_client_break
      ? [`nfs_export_path is ${vars.nfs_export_path}, ${device} is mounted on ${mounted}`]
      : []),
  ].map(problem => `${state.host}: ${problem}`)
}

/** The resource that holds this pair's data, found by name, by device, or by the disk below it. */
const ofPair = (resources: Resource[], { numbers }: InUse, vars: Vars): Resource | undefined => {
  const number = numbers[backingDisk(vars)]
  return (
    resources.find(r => r.name === vars.drbd_resource) ??
    resources.find(r => r.minor === minorOf(vars.drbd_device)) ??
    resources.find(r => r.disk !== undefined && number !== undefined && numbers[r.disk] === number) ??
    (resources.length === 1 ? resources[0] : undefined)
  )
}

/**
 * A disk may have several names, so device numbers are compared. A node without an attached disk may get a new one while its peer has its
 * disk attached and has been in service.
 */
const diskProblem = (
  { numbers }: Named,
  all: Named[],
  vars: Vars,
  { running, declared }: { running: Resource | undefined; declared: Resource | undefined },
): string[] => {
  const wanted = backingDisk(vars)
  const isOther = (disk: string) => disk !== wanted && (numbers[wanted] === undefined || numbers[disk] !== numbers[wanted])
  if (running?.disk !== undefined) return isOther(running.disk) ? [`drbd_disk is ${wanted}, DRBD has ${running.disk} attached`] : []
  const isReplaced = all.some(other => other.numbers !== numbers && other.running.some(r => r.disk !== undefined) && other.hasServed)
  if (declared?.disk === undefined || isReplaced || !isOther(declared.disk)) return []
  return [`drbd_disk is ${wanted}, its file says ${declared.disk}`]
}

export const inUse = (context: Context): ClusterAssertion<InUse> =>
  clusterAssertion('disks, addresses and names in use', {
    ...judgement(context),
    shared: true,
    // While a disk is being moved, its node has none attached after that step.
    dependsOn: context.vars.ha_move_disk === undefined ? [] : [detachedId(context.vars.ha_move_disk)],
  })

/** The same check, except for the disk of `node`, before that is detached so that another one can take its place. */
export const inUseBesideDisk = (context: Context, node: string): ClusterAssertion<InUse> =>
  clusterAssertion(`what is in use beside the disk of ${node}`, { ...judgement(context, node), dependsOn: [] })

/** Id of the step that detaches the old disk (role move-disk). */
export const detachedId = (node: string): string => `old disk of ${node} detached`
