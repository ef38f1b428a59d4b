import type { Change, Plan, Step } from '../../lib/role-api/index.ts'
import { planOf, refused } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { contextAt } from '../role.ts'
import { diskWords } from '../service/drbd/adoption.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { holds } from '../service/hand-over.ts'
import { heldBy } from './packages.ts'
import { removeFrom } from './remove.ts'
import { editsOf, type FileFate, isOurs, type NamedInstalled } from './state.ts'
import { stopOn } from './stop.ts'
import { emptyOn } from './wipe.ts'

/** Pure. A file that we only edited is restored only if nobody else has changed it since; otherwise it is left. */
export const fatesOf = (state: NamedInstalled, site: Role[], context: Context): FileFate[] => {
  const edits = editsOf(site, context)
  const isChanged = (path: string): boolean => {
    const { now, was } = state.edited[path] ?? { now: '', was: '' }
    return now !== was && now !== (edits.get(path) ?? []).reduce((text, edit) => edit(text), was)
  }
  return state.noted
    .filter(n => isOurs(site, context)(n.path))
    .map(noted => ({
      ...noted,
      fate: edits.has(noted.path) && isChanged(noted.path) ? 'left' : noted.replaced ? 'put back' : 'removed',
    }))
}

/**
 * Pure: the disks to wipe, whose confirmations match their content. Decided once: without its peer the active node generates a new UUID.
 */
export const wipesOf = (states: NamedInstalled[], context: Context): { wipe: string[]; problems: string[] } => {
  const words = diskWords(context.vars.drbd_wipe)
  const found = words.map(({ host, disk, id }) => {
    const own = states.find(s => s.host === host)
    if (!own?.disk) return { problem: `${host} is not a node of this pair, or its disk could not be read` }
    const declared = backingDisk(contextAt(context, host).vars)
    if (disk !== declared && disk !== own.disk.device) return { problem: `${host} has its data on ${declared}, not on ${disk}` }
    const is = own.disk.drbd?.current
    if (own.disk.blank || is?.toLowerCase() === id) return { host }
    return { problem: `${disk} of ${host} holds ${is ? `metadata with the UUID ${is}` : 'no DRBD metadata'}, not ${id.toUpperCase()}` }
  })
  return { wipe: found.flatMap(f => f.host ?? []), problems: found.flatMap(f => f.problem ?? []) }
}

export const isInstalled = (state: NamedInstalled, site: Role[], context: Context): boolean =>
  state.marks.length > 0 || fatesOf(state, site, context).length > 0

const words: Record<FileFate['fate'], string> = {
  removed: 'removed',
  'put back': 'as it was before the first run',
  left: 'left unchanged: others have changed it since',
}

const removal = (state: NamedInstalled, site: Role[], context: Context): Step => {
  const own = contextAt(context, state.host)
  const files = fatesOf(state, site, own)
  const foreign = state.noted.filter(n => !files.some(f => f.path === n.path))
  const packages = own.vars.uninstall_packages ? heldBy(site, own) : []
  const changes: Change[] = [
    ...files.map(f => ({ attribute: `${f.path} on ${state.host}`, from: 'ours', to: words[f.fate] })),
    ...foreign.map(f => ({ attribute: `${f.path} on ${state.host}`, from: 'from a role of your own', to: 'left as it is' })),
    ...state.due.map(({ what, from, to }) => ({ attribute: `${what} on ${state.host}`, from, to })),
    ...(packages.length > 0
      ? [{ attribute: `packages on ${state.host}`, from: packages.join(' '), to: 'removed unless something else uses them' }]
      : []),
    { attribute: `what is noted on ${state.host}`, from: ['backup', ...state.marks].join(', '), to: 'in an archive in /var/backups' },
  ]
  return {
    name: `remove it from ${state.host}`,
    settle: 60_000,
    changes,
    run: nodes => removeFrom(nodes, state, files, packages, site, own),
  }
}

const stepsFor = (state: NamedInstalled, wipe: string[], site: Role[], context: Context): (Step | false)[] => {
  const own = contextAt(context, state.host)
  const { host } = state
  const isActive = holds(state)
  const disk = backingDisk(own.vars)
  return [
    (isActive || state.heartbeat || state.device !== undefined) && {
      name: `stop the cluster on ${host}`,
      settle: 60_000,
      changes: [
        ...(isActive ? [{ attribute: 'service', from: `on ${host}`, to: 'ended' }] : []),
        { attribute: `heartbeat on ${host}`, from: state.heartbeat ? 'running' : 'stopped', to: 'stopped' },
        { attribute: `DRBD on ${host}`, from: state.device ? 'up' : 'down', to: 'down' },
      ],
      run: nodes => stopOn(nodes, host, isActive, own),
    },
    wipe.includes(host) &&
      state.disk?.blank !== true && {
        name: `empty ${disk} of ${host}`,
        settle: 660_000,
        changes: [{ attribute: `${disk} of ${host}`, from: 'all data of the pair', to: 'zeros, all of it' }],
        run: nodes => emptyOn(nodes, host, own),
      },
    removal(state, site, context),
  ]
}

/**
 * Pure: one node after the other, the standby first: if the run is interrupted in between, the other node still serves, and the next run
 * continues. The remaining steps follow only from the state of the nodes.
 */
export const planUninstall = (
  states: NamedInstalled[],
  { wipe, problems }: ReturnType<typeof wipesOf>,
  site: Role[],
  context: Context,
): Plan => {
  const left = states.filter(s => isInstalled(s, site, contextAt(context, s.host)))
  if (left.length === 0) return planOf([])
  if (context.vars.uninstall_packages && !context.platform.systemUpgrade)
    return refused(`uninstall_packages: on ${context.platform.name} packages must be removed manually`)
  if (problems.length > 0) return refused(`drbd_wipe: ${problems.join('; ')}`)
  const active = states.filter(holds)
  if (active.length > 1) return refused(`${active.map(s => s.host).join(' and ')} both hold the service: nfsha-play status.yml`)
  const busy = active.flatMap(s => s.holders.map(what => `${s.host}: the volume is in use by ${what}: end that first`))
  if (busy.length > 0) return refused(busy.join('; '))
  const order = [...left.filter(s => !holds(s)), ...left.filter(holds)]
  return planOf(order.flatMap(state => stepsFor(state, wipe, site, context)))
}
