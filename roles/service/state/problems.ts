import type { Change, NextStep } from '../../../lib/role-api/index.ts'
import { atWork } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { stateDirectory } from '../nfs/exports.ts'
import { serverScope } from '../nfs/scope.ts'
import { lockdGrace, version3Ports } from '../nfs/version3.ts'
import { type Problem, type ProblemCode, problem } from './problem-codes.ts'
import type { NamedState } from './state.ts'
import { versionDifferences } from './versions.ts'

/** A difference that no run repairs; the operator does, with the next step of its code. */
const differs = (code: ProblemCode, attribute: string, from: string, to: string, host?: string, item?: string): Problem =>
  problem(code, { attribute, from, to, ...(host !== undefined && { host }), ...(item !== undefined && { item }) })

/** The playbook with the victim named, if only one node can be the victim because the other one serves. */
const splitBrainStep = (states: NamedState[]): NextStep | undefined => {
  const [serving, second] = states.filter(s => s.vip || s.mounted)
  const victim = states.find(s => s !== serving)
  if (!serving || second || !victim) return undefined
  return {
    on: '',
    command: `nfsha-play split-brain.yml -e drbd_victim=${victim.host} --check`,
    note: `discards what only ${victim.host} has; to keep it: -e drbd_victim_keep=PATH`,
  }
}

/** Pure: all differences from "one node is active, the other on standby". `missing`: nodes that were not read. */
export const serviceDifferences = (states: NamedState[], stage: Vars['ha_stage'], missing: string[] = []): Problem[] => {
  const names = (some: NamedState[]): string => some.map(s => s.host).join(' and ') || 'no node'
  // A node that was not read may have it, so it is not reported as missing: that node is the problem.
  const isKnown = (at: NamedState[]) => missing.length === 0 || at.length > 0
  const holders = states.filter(s => s.vip)
  const found = states.filter(s => !s.heartbeat).map(s => differs('heartbeat-stopped', 'heartbeat', 'stopped', 'running', s.host))
  if (holders.length > 1) found.push(differs('vip-on-both-nodes', 'virtual IP', `on ${names(holders)}`, 'on exactly one'))
  if (holders.length === 0 && isKnown(holders)) found.push(differs('vip-on-no-node', 'virtual IP', 'on no node', 'on exactly one'))
  if (stage === 'vip') return found
  const [holder] = holders
  const onlyThere = (at: NamedState[]) => at.length === 1 && at[0]?.host === holder?.host
  const where = (code: ProblemCode, what: string, at: NamedState[]) => {
    if (!onlyThere(at) && isKnown(at)) found.push(differs(code, what, `on ${names(at)}`, 'where the virtual IP is'))
  }
  where(
    'drbd-primary-misplaced',
    'DRBD Primary',
    states.filter(s => s.device?.role === 'Primary'),
  )
  found.push(...states.flatMap(s => deviceDifferences(s, splitBrainStep(states))))
  where(
    'mount-misplaced',
    'mount',
    states.filter(s => s.mounted),
  )
  where(
    'export-misplaced',
    'export',
    states.filter(s => s.exported),
  )
  for (const s of states)
    if (s.vip !== s.nfsd > 0)
      found.push(
        s.vip
          ? differs('nfsd-stopped', 'nfsd', 'stopped', 'running where the virtual IP is', s.host)
          : differs('nfsd-on-standby', 'nfsd', 'running', 'running only where the virtual IP is', s.host),
      )
  return found
}

const deviceDifferences = ({ host, device }: NamedState, splitBrain: NextStep | undefined): Problem[] => {
  const named = (code: ProblemCode, what: string, from: string, to: string) => differs(code, what, from, to, host)
  if (!device) return [named('drbd-no-device', 'DRBD device', 'none', 'there')]
  const found: Problem[] = []
  const syncing = /^(Sync|PausedSync)/.test(device.connection)
  if (device.connection === 'StandAlone')
    found.push(problem('drbd-standalone', { attribute: 'DRBD connection', from: 'StandAlone', to: 'Connected', host }, splitBrain))
  if (device.connection === 'WFConnection') found.push(named('drbd-waiting', 'DRBD connection', 'WFConnection', 'Connected'))
  const hasNone = /^(Diskless|Failed|Detaching)$/.test(device.disk)
  if (hasNone) found.push(named('drbd-diskless', 'DRBD disk', device.disk, 'UpToDate'))
  else if (device.disk !== 'UpToDate' && !syncing) found.push(named('drbd-not-up-to-date', 'DRBD disk', device.disk, 'UpToDate'))
  if (device.flags.startsWith('s')) found.push(named('drbd-io-suspended', 'DRBD I/O', 'suspended', 'running'))
  if (device.connection === 'Connected' && device.outOfSync > 0)
    found.push(named('drbd-out-of-sync', 'DRBD blocks', `${device.outOfSync} KiB out of sync`, 'the same on both'))
  return found
}

/** Pure: NICs without a carrier, and heartbeat links that are down. */
export const linkDifferences = (states: NamedState[]): Problem[] =>
  states.flatMap(s => [
    ...s.unplugged.map(nic => differs('link-no-carrier', `link ${nic}`, 'no carrier', 'up', s.host, nic)),
    ...(s.heartbeat ? s.links : [])
      .map(l => l.split(' '))
      .filter(([nic = '', state]) => state !== 'up' && !s.unplugged.includes(nic))
      .map(([nic = '', state]) => differs('heartbeat-link-down', `heartbeat link ${nic}`, state ?? 'unknown', 'up', s.host, nic)),
  ])

/** The expected content of /proc/fs/nfsd/versions, `-3 +4 +4.1 +4.2`: the kernel's own list with these versions on or off. */
const wantedVersions = (versions: string, v3: boolean): string =>
  versions
    .replace(/\+2\b/g, '-2')
    .replace(/[+-]3\b/g, v3 ? '+3' : '-3')
    .replace(/-4(?=\s|$)/, '+4')

/** Pure: settings of a running nfsd that differ from the declared ones. Only a restart of nfsd changes them, so a run does not. */
export const nfsdDifferences = (states: NamedState[], vars: Vars): Problem[] =>
  states.flatMap(s => {
    const { nfs, host } = s
    // The article stack runs NFS with the system's settings.
    if (!nfs || vars.ha_stage === 'vip' || vars.ha_stack === 'article') return []
    const storage = `${stateDirectory}/nfsdcld`
    const compare = (what: string, from: string, to: string) => (from === to ? [] : [differs('nfsd-settings', what, from, to, host, what)])
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

/** Pure: nodes marked as in maintenance. */
export const maintenanceDifferences = (states: NamedState[]): Problem[] =>
  states.flatMap(s =>
    s.maintenance === undefined ? [] : [differs('maintenance', atWork.maintenance, s.maintenance || 'marked', 'over', s.host)],
  )

/** Pure: what a client's root can reach on the active node. The next start of the service, on either node, fixes it. */
const stateDifferences = ({ host, exposed, state }: NamedState, vars: Vars): Problem[] => [
  ...(exposed
    ? [differs('mount-options', `mount ${vars.nfs_export_path}`, 'without nodev,nosuid', 'with them', host, vars.nfs_export_path)]
    : []),
  ...(state === 'its own volume'
    ? []
    : [differs('client-state-misplaced', "clients' state", state === '' ? 'not mounted' : `in ${state}`, 'on its own volume', host)]),
]

/** The address or the device in a text about the next boot, to search for in the faulty file. */
const bootItem = (text: string): string => /\d+\.\d+\.\d+\.\d+|\/dev\/\S+/.exec(text)?.[0] ?? text

/** Pure: problems that do not stop the service now, but may later. */
export const hostDifferences = (states: NamedState[], vars: Vars): Problem[] =>
  states.flatMap(s => {
    const named = (code: ProblemCode, what: string, from: string, to: string, item?: string) => differs(code, what, from, to, s.host, item)
    const { ha_space_limit: limit, nfs_export_path: path } = vars
    const vip = `${vars.node_service_nic}/${vars.ha_vip.replace(/.*\//, '')}`
    return [
      ...s.space
        .filter(d => d.used > limit)
        .map(d => named('space-short', `space on ${d.mount}`, `${d.used}% used`, `at most ${limit}%`, d.mount)),
      ...s.space
        .filter(d => d.inodes > limit)
        .map(d => named('inodes-short', `inodes on ${d.mount}`, `${d.inodes}% used`, `at most ${limit}%`, d.mount)),
      ...s.boot.map(text => named('boot-conflict', 'next boot', text, 'not so', bootItem(text))),
      ...(s.readOnly ? [named('mount-read-only', `mount ${path}`, 'read-only', 'read-write', path)] : []),
      ...(vars.ha_stack === 'lean' && s.mounted ? stateDifferences(s, vars) : []),
      ...(s.fileSystemErrors > 0 ? [named('file-system-errors', 'file system errors', String(s.fileSystemErrors), 'none')] : []),
      ...s.holders.map(what => named('volume-held', `holder of ${path}`, what, 'none: a stop of the service ends it', path)),
      ...(s.stopFailed ? [named('stop-failed', 'last stop of the service', 'failed', 'complete')] : []),
      ...(s.vip && s.vipAt !== vip ? [named('vip-misconfigured', 'virtual IP', `on ${s.vipAt}`, `on ${vip}`)] : []),
      ...s.foreignExports.map(e => named('exports-undeclared', 'kernel exports', e, 'only what the files declare')),
      ...(s.nfs && !s.nfs.scope.startsWith('is ')
        ? [named('nfsd-scope-unread', 'nfsd scope', `cannot be read: ${s.nfs.scope}`, serverScope(vars))]
        : []),
    ]
  })

/** Pure: a hand-over that does not finish. */
export const transitionDifferences = (states: NamedState[]): Problem[] =>
  states.filter(s => s.heartbeat && !s.stable).map(s => differs('heartbeat-in-transition', 'heartbeat', 'in transition', 'stable', s.host))

/** Pure: differences between the nodes in what must be the same. */
export const pairDifferences = (states: NamedState[]): Problem[] => {
  const [one, two] = states
  if (!one || !two) return []
  const sum = (of: NamedState, file: string) => of.sums[file]?.slice(0, 8) ?? 'has none'
  const files = [...new Set([...Object.keys(one.sums), ...Object.keys(two.sums)])].filter(file => one.sums[file] !== two.sums[file])
  return [
    ...files.map(file =>
      differs(
        'configuration-differs',
        `configuration ${file}`,
        `${one.host} ${sum(one, file)}, ${two.host} ${sum(two, file)}`,
        'the same on both nodes',
        undefined,
        file,
      ),
    ),
    ...versionDifferences(one, two),
  ]
}

/** `virtual IP: on M1 and M2, wanted on exactly one` */
export const problemText = ({ attribute, host, from, to }: Change): string =>
  `${attribute}${host === undefined ? '' : ` on ${host}`}: ${from}, wanted ${to}`

/** Pure: `serviceDifferences` as text. */
export const serviceProblems = (states: NamedState[], stage: Vars['ha_stage']): string[] =>
  serviceDifferences(states, stage).map(problemText)
