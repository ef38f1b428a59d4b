import type { ClusterNodes, ClusterResource, FileOptions, FileState, Member, Reading, Verdict } from '../../lib/role-api/index.ts'
import {
  ApplyFailed,
  allOf,
  blocksOf,
  differsBy,
  embedded,
  file,
  minorOf,
  notRead,
  parseEmbedded,
  present,
  probeOf,
  refused,
  reworded,
  skip,
  statesOf,
  writeFile,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt, vipAddress } from '../role.ts'
import { handOver, handOverProblems, moves, readService, stageOf } from '../service/hand-over.ts'
import { addresses, hasAddressIn, mountLines, mounts, procDrbd } from '../service/sources.ts'
import type { Vars } from '../vars.ts'

export interface LiveFile {
  path: string
  options: FileOptions
  /** Whether the new text releases everything that a node has acquired with this old one. */
  releases?(old: string): boolean
}

interface LiveState {
  /** This node holds part of the service, acquired with these files. */
  serves: boolean
  files: Reading<FileState>[]
}

/**
 * Whether the node holds any part of the service. The address is acquired last and released first, and may itself be what changes, so a
 * mount or DRBD's role count too. Undefined when the output is incomplete.
 */
const holds = ({ addresses: has = '', mounts: mounted = '', drbd = '' }: Record<string, string>, vars: Vars): boolean | undefined => {
  // Every system has at least one address and one mount.
  if (has.trim() === '' || mounted.trim() === '') return undefined
  return (
    hasAddressIn(has, vipAddress(vars)) ||
    mountLines(mounted, vars.drbd_device).length > 0 ||
    new RegExp(`^ *${minorOf(vars.drbd_device)}: cs:.* ro:Primary/`, 'm').test(drbd)
  )
}

type NamedLive = LiveState & { host: string; wanted: LiveFile[] }

/**
 * The files that heartbeat reads again at every call: haresources, the resource script and its settings. The active node would release with
 * the new text what it acquired with the old one, so each node's files are written while it holds nothing: the standby first, then the
 * service is handed over once, then the other node. Nothing is restarted. The exception is a chain of resources of other origin, which our
 * text releases: its own stop may never have been tried (that of the reference setup ends in a reboot), and may need units that are now
 * masked.
 */
export const liveFiles = (context: Context, filesOf: (context: Context) => LiveFile[]): ClusterResource<LiveState> => {
  const { vars } = context
  const files = filesOf(context)
  // Settings name a node's own NIC, so each node has its own text.
  const wantedOn = (host: string) => filesOf(contextAt(context, host))
  const livesOf = (members: Member<LiveState>[]): NamedLive[] =>
    statesOf(members).map(state => ({ ...state, wanted: wantedOn(state.host) }))
  return {
    scope: 'cluster',
    id: 'live heartbeat files',
    allowMissing: true,
    probe: probeOf(
      ['@addresses\n', addresses, '@mounts\n', mounts, '@drbd\n', procDrbd, ...files.flatMap((f, i) => embedded(`file-${i}`, f.path))],
      ({ stdout }) => {
        const blocks = blocksOf(stdout)
        const serves = holds(blocks, vars)
        if (serves === undefined) return notRead("the node's addresses or mounts could not be read")
        return present({ serves, files: files.map((_, i) => parseEmbedded(blocks[`file-${i}`])) })
      },
    ),
    compare(members) {
      const states = livesOf(members)
      const verdict = allOf(states.map(compareOn))
      const holder = states.find(serverThatDiffers)
      if (verdict.kind !== 'differs' || !holder) return verdict
      const to = members.find(m => m.host !== holder.host)
      if (to?.reading.kind !== 'present') return skip(`${holder.host} serves, and ${to?.host ?? 'its peer'} cannot take over now`)
      return differsBy([...verdict.changes, moves(holder.host, to.host)])
    },
    async preview(nodes, changes, members) {
      const states = livesOf(members)
      const holder = states.find(serverThatDiffers)
      const to = states.find(s => !s.serves)
      if (holder && to) await refuseUnlessFit(nodes, holder.host, to.host, context)
      return changes
    },
    async apply(nodes, _changes, members) {
      const states = livesOf(members)
      const holder = states.find(serverThatDiffers)
      const to = states.find(s => !s.serves)
      if (holder && to) await refuseUnlessFit(nodes, holder.host, to.host, context)
      const first = states.filter(s => !s.serves || releasesByNew(s))
      for (const state of first) await write(nodes, state)
      if (!holder || !to) return
      await handOver(nodes, holder.host, to.host, vars)
      if (!first.includes(holder)) await write(nodes, holder)
    },
  }
}

/** Called before anything is written: otherwise half a change would stay on the standby. */
const refuseUnlessFit = async (nodes: ClusterNodes, from: string, to: string, context: Context): Promise<void> => {
  const service = await readService(nodes, context)
  const problems = handOverProblems(service, to, stageOf(service, context.vars.ha_stage))
  if (problems.length === 0) return
  throw new ApplyFailed(`${from} serves and cannot hand over now: ${problems.join(', ')}`, {
    hint: 'repair that and run again; nothing was written',
  })
}

const compareOn = (state: NamedLive): Verdict =>
  allOf(
    state.wanted.map(({ path, options }, i) => {
      const reading = state.files[i]
      if (reading?.kind !== 'present' && reading?.kind !== 'absent') return refused(`${state.host}: ${path} cannot be read`)
      const verdict = file(path, options).compare(reading, () => undefined)
      if (verdict.kind === 'refused') return refused(`${state.host}: ${verdict.why}`)
      return reworded(verdict, c => ({ ...c, attribute: `${path} on ${state.host}: ${c.attribute}` }))
    }),
  )

const serverThatDiffers = (state: NamedLive): boolean => state.serves && compareOn(state).kind !== 'in-sync'

const releasesByNew = ({ wanted, files }: NamedLive): boolean =>
  wanted.some(({ releases }, i) => {
    const reading = files[i]
    return reading?.kind === 'present' && releases?.(reading.state.content) === true
  })

const write = async (nodes: ClusterNodes, state: NamedLive): Promise<void> => {
  const { connection } = nodes.on(state.host)
  for (const [i, { path, options }] of state.wanted.entries()) {
    const reading = state.files[i]
    if (reading?.kind === 'present' && file(path, options).compare(reading, () => undefined).kind === 'in-sync') continue
    await writeFile(connection, path, { mode: 0o644, owner: 'root', group: 'root', ...options, validate: options.validate })
  }
}
