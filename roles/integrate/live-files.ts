import { blocksOf } from '../../lib/engine/frames.ts'
import type { FileOptions, FileState } from '../../lib/resources/file.ts'
import { embeddedProbe, file, parseEmbedded, writeFile } from '../../lib/resources/file.ts'
import type { Change, ClusterNodes, ClusterResource, Member, Reading } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import { handOver, handOverProblems } from '../hand-over.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import type { Vars } from '../vars.ts'
import type { ServiceState } from './service-state.ts'
import { serviceProbe } from './service-state.ts'

export interface LiveFile {
  path: string
  options: FileOptions
}

interface LiveState {
  service: ServiceState
  files: Reading<FileState>[]
}

type NamedLive = LiveState & { host: string }

/**
 * The files that heartbeat reads anew at every call: haresources, the resource script and its settings. A node that serves would release by
 * the new text what the old one had acquired, so they are written while a node holds nothing: the standby first, then the service is handed
 * over once, then the other. Nothing is restarted.
 */
export const liveFiles = (context: Context, files: LiveFile[]): ClusterResource<LiveState> => {
  const { vars, platform } = context
  const service = serviceProbe(vars, platform, peerOf(context).vars.node_name)
  return {
    scope: 'cluster',
    id: 'what heartbeat reads live',
    partial: true,
    probe: {
      sh: `${service.sh}\n${files.map((f, i) => embeddedProbe(`file-${i}`, f.path)).join('\n')}`,
      parse(output) {
        const read = service.parse(output)
        if (read.kind !== 'present') return read
        const blocks = blocksOf(output.stdout)
        return present({ service: read.state, files: files.map((_, i) => parseEmbedded(blocks[`file-${i}`])) })
      },
    },
    changes(members) {
      const states = statesOf(members)
      const differing = states.map(state => ({ state, changes: changesOf(state, files) }))
      const refusal = differing.find(d => typeof d.changes === 'string')
      if (refusal) return `${refusal.state.host}: ${refusal.changes}`
      const all = differing.flatMap(d => d.changes as Change[])
      const holder = differing.find(d => d.state.service.vip && d.changes.length > 0)?.state
      if (!holder) return all
      const to = members.find(m => m.host !== holder.host)?.host ?? ''
      const problems = handOverProblems(
        states.map(s => ({ host: s.host, ...s.service })),
        to,
        stageOf(states, vars.ha_stage),
      )
      if (problems.length > 0) return { kind: 'skip', reason: `${holder.host} serves and cannot hand over now: ${problems.join(', ')}` }
      return [...all, { attribute: 'service', from: holder.host, to: `handed over to ${to}, once` }]
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      for (const state of states.filter(s => !s.service.vip)) await write(nodes, state, files)
      const holder = states.find(s => s.service.vip)
      const to = states.find(s => s !== holder)?.host
      if (!holder || !to || changesOf(holder, files).length === 0) return
      await handOver(nodes, holder.host, to, vars)
      await write(nodes, holder, files)
    },
  }
}

const statesOf = (members: Member<LiveState>[]): NamedLive[] =>
  members.flatMap(m => (m.reading.kind === 'present' ? [{ host: m.host, ...m.reading.state }] : []))

/** The stage that the cluster runs at, which is not yet the wanted one at the first change to `full`: then there is no DRBD role to hand over. */
const stageOf = (states: NamedLive[], wanted: Vars['ha_stage']): Vars['ha_stage'] => {
  const served = states.map(s => s.service.served)
  return served.includes('vip') && !served.includes('full') ? 'vip' : wanted
}

const changesOf = (state: NamedLive, files: LiveFile[]): Change[] | string => {
  const all: Change[] = []
  for (const [i, { path, options }] of files.entries()) {
    const reading = state.files[i]
    if (reading?.kind !== 'present' && reading?.kind !== 'absent') return `${path} cannot be read`
    const changes = file(path, options).changes(reading, () => undefined)
    if (typeof changes === 'string') return changes
    all.push(...changes.map(c => ({ ...c, attribute: `${path} on ${state.host}: ${c.attribute}` })))
  }
  return all
}

const write = async (nodes: ClusterNodes, state: NamedLive, files: LiveFile[]): Promise<void> => {
  const { connection } = nodes.on(state.host)
  for (const [i, { path, options }] of files.entries()) {
    const reading = state.files[i]
    if (reading?.kind === 'present' && file(path, options).changes(reading, () => undefined).length === 0) continue
    await writeFile(connection, path, { mode: 0o644, owner: 'root', group: 'root', ...options, validate: options.validate })
  }
}
