import { atWork } from '../../../lib/resources/at-work.ts'
import type { Change } from '../../../lib/resources/resource.ts'
import type { Vars } from '../../vars.ts'
import { stateDirectory } from '../nfs/exports.ts'
import { serverScope } from '../nfs/scope.ts'
import { lockdGrace, version3Ports } from '../nfs/version3.ts'
import { withNextStep } from './next-step.ts'
import type { NamedState } from './state.ts'
import { versionDifferences } from './versions.ts'

/** No run repairs these: an operator does, with a playbook, or by what `nextStep` says. */
type Remedy = 'next step' | 'switchover.yml' | 'split-brain.yml' | 'maintenance.yml'

const differs = (attribute: string, from: string, to: string, remedy: Remedy, host?: string): Change => {
  const change = { attribute, from, to, ...(host !== undefined && { host }) }
  return remedy === 'next step' ? withNextStep(change) : { ...change, remedy: `nfsha-play ${remedy}` }
}

/** Pure: everything that speaks against "one node serves, the other stands by". `missing`: nodes that could not be asked. */
export const serviceDifferences = (states: NamedState[], stage: Vars['ha_stage'], missing: string[] = []): Change[] => {
  const names = (some: NamedState[]): string => some.map(s => s.host).join(' and ') || 'no node'
  // What a node that was not read may have is not claimed to be nowhere: that node is the problem.
  const isKnown = (at: NamedState[]) => missing.length === 0 || at.length > 0
  const holders = states.filter(s => s.vip)
  const found = states.filter(s => !s.heartbeat).map(s => differs('heartbeat', 'stopped', 'running', 'next step', s.host))
  if (holders.length !== 1 && isKnown(holders))
    found.push(differs('virtual IP', `on ${names(holders)}`, 'on exactly one', holders.length > 1 ? 'split-brain.yml' : 'next step'))
  if (stage === 'vip') return found
  const [holder] = holders
  const onlyThere = (at: NamedState[]) => at.length === 1 && at[0]?.host === holder?.host
  const where = (what: string, at: NamedState[]) => {
    if (!onlyThere(at) && isKnown(at)) found.push(differs(what, `on ${names(at)}`, 'where the virtual IP is', 'next step'))
  }
  where(
    'DRBD Primary',
    states.filter(s => s.device?.role === 'Primary'),
  )
  found.push(...states.flatMap(deviceDifferences))
  where(
    'mount',
    states.filter(s => s.mounted),
  )
  where(
    'export',
    states.filter(s => s.exported),
  )
  for (const s of states)
    if (s.vip !== s.nfsd > 0)
      found.push(
        s.vip
          ? differs('nfsd', 'stopped', 'running where the virtual IP is', 'switchover.yml', s.host)
          : differs('nfsd', 'running', 'running only where the virtual IP is', 'next step', s.host),
      )
  return found
}

const deviceDifferences = ({ host, device }: NamedState): Change[] => {
  if (!device) return [differs('DRBD device', 'none', 'there', 'next step', host)]
  const found: Change[] = []
  const syncing = /^(Sync|PausedSync)/.test(device.connection)
  if (device.connection === 'StandAlone') found.push(differs('DRBD connection', 'StandAlone', 'Connected', 'split-brain.yml', host))
  if (device.connection === 'WFConnection') found.push(differs('DRBD connection', 'WFConnection', 'Connected', 'next step', host))
  if (device.disk !== 'UpToDate' && !syncing) found.push(differs('DRBD disk', device.disk, 'UpToDate', 'next step', host))
  if (device.flags.startsWith('s')) found.push(differs('DRBD I/O', 'suspended', 'running', 'next step', host))
  if (device.connection === 'Connected' && device.outOfSync > 0)
    found.push(differs('DRBD blocks', `${device.outOfSync} KiB out of sync`, 'the same on both', 'next step', host))
  return found
}

/** Pure: cables and what heartbeat hears over them. */
export const linkDifferences = (states: NamedState[]): Change[] =>
  states.flatMap(s => [
    ...s.unplugged.map(nic => differs(`link ${nic}`, 'no carrier', 'up', 'next step', s.host)),
    ...(s.heartbeat ? s.links : [])
      .map(l => l.split(' '))
      .filter(([nic = '', state]) => state !== 'up' && !s.unplugged.includes(nic))
      .map(([nic, state]) => differs(`heartbeat link ${nic}`, state ?? 'unknown', 'up', 'next step', s.host)),
  ])

/** `-3 +4 +4.1 +4.2`, as /proc/fs/nfsd/versions should have it: the kernel's own list, with these on or off. */
const wantedVersions = (versions: string, v3: boolean): string =>
  versions
    .replace(/\+2\b/g, '-2')
    .replace(/[+-]3\b/g, v3 ? '+3' : '-3')
    .replace(/-4(?=\s|$)/, '+4')

/** Pure: nfsd where it runs, with what it was started. Only a new start changes any of it, so a run does not. */
export const nfsdDifferences = (states: NamedState[], vars: Vars): Change[] =>
  states.flatMap(s => {
    const { nfs, host } = s
    // The article runs NFS with the settings of the system.
    if (!nfs || vars.ha_stage === 'vip' || vars.ha_stack === 'article') return []
    const storage = `${stateDirectory}/nfsdcld`
    const compare = (what: string, from: string, to: string) => (from === to ? [] : [differs(what, from, to, 'switchover.yml', host)])
    const running = (name: string) => (s.daemons.some(d => d.startsWith(name)) ? 'running' : 'stopped')
    const nfsdcld = s.daemons.find(d => d.startsWith('nfsdcld'))
    const { lockd } = version3Ports
    return [
      ...compare('nfsd threads', String(s.nfsd), String(vars.nfs_threads)),
      ...compare('nfsd versions', nfs.versions, wantedVersions(nfs.versions, vars.nfs_v3)),
      ...compare('nfsd lease', `${nfs.lease} s`, `${vars.nfs_lease} s`),
      ...compare('nfsd grace', `${nfs.grace} s`, `${vars.nfs_lease} s`),
      ...(nfs.scope.startsWith('is ') ? compare('nfsd scope', nfs.scope.slice(3), serverScope(vars)) : []),
      ...compare('nfsd client tracking', nfs.tracked ? 'nfsdcld' : 'fallen back', 'nfsdcld'),
      ...compare('nfsdcld storage', nfsdcld === undefined ? 'nfsdcld is stopped' : (/-s\s*(\S+)/.exec(nfsdcld)?.[1] ?? 'default'), storage),
      ...compare('rpc.mountd', running('rpc.mountd'), 'running'),
      ...(vars.nfs_v3 ? compare('rpc.statd', running('rpc.statd'), 'running') : []),
      ...(vars.nfs_v3 ? compare('lockd grace and ports', nfs.lockd, `${lockdGrace(vars)} ${lockd} ${lockd}`) : []),
    ]
  })

/** Pure: an operator is at work. */
export const maintenanceDifferences = (states: NamedState[]): Change[] =>
  states.flatMap(s =>
    s.maintenance === undefined ? [] : [differs(atWork.maintenance, s.maintenance || 'marked', 'over', 'maintenance.yml', s.host)],
  )

/** Pure: what clients' root can reach on the active node. The next start there, or on the other node, does it right. */
const stateDifferences = ({ host, exposed, state }: NamedState, vars: Vars): Change[] => [
  ...(exposed ? [differs(`mount ${vars.nfs_export_path}`, 'without nodev,nosuid', 'with them', 'switchover.yml', host)] : []),
  ...(state === 'its own volume'
    ? []
    : [differs("clients' state", state === '' ? 'not mounted' : `in ${state}`, 'on its own volume', 'switchover.yml', host)]),
]

/** Pure: what does not stop the service now, and will if nobody looks. */
export const hostDifferences = (states: NamedState[], vars: Vars): Change[] =>
  states.flatMap(s => {
    const named = (what: string, from: string, to: string) => differs(what, from, to, 'next step', s.host)
    const limit = vars.ha_space_limit
    const vip = `${vars.node_service_nic}/${vars.ha_vip.replace(/.*\//, '')}`
    return [
      ...s.space.filter(d => d.used > limit).map(d => named(`space on ${d.mount}`, `${d.used}% used`, `at most ${limit}%`)),
      ...s.space.filter(d => d.inodes > limit).map(d => named(`inodes on ${d.mount}`, `${d.inodes}% used`, `at most ${limit}%`)),
      ...s.boot.map(text => named('next boot', text, 'not so')),
      ...(s.readOnly ? [named(`mount ${vars.nfs_export_path}`, 'read-only', 'read-write')] : []),
      ...(vars.ha_stack === 'lean' && s.mounted ? stateDifferences(s, vars) : []),
      ...(s.fileSystemErrors > 0 ? [named('file system errors', String(s.fileSystemErrors), 'none')] : []),
      ...s.holders.map(what => named(`holder of ${vars.nfs_export_path}`, what, 'none: a stop of the service ends it')),
      ...(s.stopFailed ? [named('last stop of the service', 'failed', 'complete')] : []),
      ...(s.vip && s.vipAt !== vip ? [named('virtual IP', `on ${s.vipAt}`, `on ${vip}`)] : []),
      ...s.foreignExports.map(e => named('kernel exports', e, 'only what the files declare')),
      ...(s.nfs && !s.nfs.scope.startsWith('is ') ? [named('nfsd scope', `cannot be read: ${s.nfs.scope}`, serverScope(vars))] : []),
    ]
  })

/** Pure: a hand-over that does not come to its end. */
export const transitionDifferences = (states: NamedState[]): Change[] =>
  states.filter(s => s.heartbeat && !s.stable).map(s => differs('heartbeat', 'in transition', 'stable', 'next step', s.host))

/** Pure: what the two nodes have and must have alike. */
export const pairDifferences = (states: NamedState[]): Change[] => {
  const [one, two] = states
  if (!one || !two) return []
  const sum = (of: NamedState, file: string) => of.sums[file]?.slice(0, 8) ?? 'has none'
  const files = [...new Set([...Object.keys(one.sums), ...Object.keys(two.sums)])].filter(file => one.sums[file] !== two.sums[file])
  return [
    ...files.map(file =>
      differs(
        `configuration ${file}`,
        `${one.host} ${sum(one, file)}, ${two.host} ${sum(two, file)}`,
        'the same on both nodes',
        'next step',
      ),
    ),
    ...versionDifferences(one, two),
  ]
}

/** `virtual IP: on M1 and M2, wanted on exactly one` */
export const problemText = ({ attribute, host, from, to }: Change): string =>
  `${attribute}${host === undefined ? '' : ` on ${host}`}: ${from}, wanted ${to}`

/** What speaks against a service that runs, in words. */
export const serviceProblems = (states: NamedState[], stage: Vars['ha_stage']): string[] =>
  serviceDifferences(states, stage).map(problemText)
