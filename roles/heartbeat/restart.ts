import { ApplyFailed } from '../../lib/resources/outcome.ts'
import type { ClusterNodes, ClusterResource, Member } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import { handOver, handOverProblems, untilTrue } from '../hand-over.ts'
import type { ServiceState } from '../integrate/service-state.ts'
import { serviceProbe } from '../integrate/service-state.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import type { Daemon } from './daemon.ts'
import { daemonProbe, parseDaemon } from './daemon.ts'

interface Restartable {
  daemon: Daemon
  service: ServiceState
}

type Named = Restartable & { host: string }

/**
 * Whether heartbeat runs with the ha.cf that is on disk. Needed on no node: nothing happens, ever. Nothing is serving: both are stopped, then
 * started in order. Serving: the standby first; when it has rejoined the service is handed over, and the other follows, so clients see one
 * short switchover. Refused while that would not be safe.
 */
export const heartbeatRestart = (id: string, context: Context): ClusterResource<Restartable> => {
  const { vars, platform } = context
  const unit = platform.services.heartbeat
  const service = serviceProbe(vars, platform, peerOf(context).vars.node_name)
  return {
    scope: 'cluster',
    id,
    settle: 60_000,
    probe: {
      sh: `${service.sh}\necho "@daemon"; ${daemonProbe(platform.commands.mainPid(unit), [`${platform.paths.haDir}/ha.cf`])}`,
      parse(output) {
        const read = service.parse(output)
        if (read.kind !== 'present') return read
        return present({ service: read.state, daemon: parseDaemon(output.stdout.split('@daemon\n')[1] ?? '') })
      },
    },
    changes(members) {
      return outdated(statesOf(members)).map(s => ({
        attribute: `heartbeat on ${s.host}`,
        from: 'runs with an older configuration',
        to: 'restarted',
      }))
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      const holder = states.find(s => s.service.vip)
      if (holder) return rolling(nodes, states, holder, context)
      for (const host of nodes.hosts) await nodes.on(host).$`${platform.commands.stop(unit)}`
      for (const host of nodes.hosts) await nodes.on(host).$`${platform.commands.start(unit)}`
    },
  }
}

const statesOf = (members: Member<Restartable>[]): Named[] =>
  members.flatMap(m => (m.reading.kind === 'present' ? [{ host: m.host, ...m.reading.state }] : []))

const outdated = (states: Named[]): Named[] => states.filter(s => s.daemon.running && s.daemon.newer.length > 0)

const rolling = async (nodes: ClusterNodes, states: Named[], holder: Named, context: Context): Promise<void> => {
  const standby = states.find(s => s !== holder)
  const problems = handOverProblems(
    states.map(s => ({ host: s.host, ...s.service })),
    standby?.host ?? '',
    context.vars.ha_stage,
  )
  if (!standby || problems.length > 0)
    throw new ApplyFailed(`heartbeat must be restarted, but ${holder.host} serves and could not hand over now: ${problems.join(', ')}`, {
      hint: 'mend that and run again; until then both run with the older configuration',
    })
  const old = outdated(states)
  if (old.includes(standby)) await restart(nodes, standby.host, holder.host, context)
  if (!old.includes(holder)) return
  await handOver(nodes, holder.host, standby.host, context.vars)
  await restart(nodes, holder.host, standby.host, context)
}

/** Restarts a node that holds nothing, and waits until both say that it is a member again. */
const restart = async (nodes: ClusterNodes, host: string, peer: string, { cluster, platform }: Context): Promise<void> => {
  nodes.progress({ text: `restart heartbeat on ${host}` })
  await nodes.on(host).$`${platform.commands.restart(platform.services.heartbeat)}`
  const nameOf = (node: string) => cluster.nodes.find(n => n.name === node)?.vars.node_name ?? node
  const member = (name: string) =>
    `{ [ "$(cl_status nodestatus ${name} 2>/dev/null)" = active ] && cl_status rscstatus 2>/dev/null | grep -qE '^(all|local|foreign|none)$'; }`
  const wait = (on: string, other: string) => nodes.on(on).connection.run(untilTrue(member(nameOf(other)), 120), { timeout: 180_000 })
  const seen = await Promise.all([wait(host, peer), wait(peer, host)])
  if (seen.some(s => s.code !== 0))
    throw new ApplyFailed(`heartbeat on ${host} did not rejoin within 120 s of its restart`, {
      hint: `${peer} goes on serving; look at the log of heartbeat on ${host}`,
    })
}
