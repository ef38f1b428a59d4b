import type { Change, ClusterNodes, ClusterResource } from '../../lib/role-api/index.ts'
import { ApplyFailed, differsBy, notRead, present, probeOf, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { settled, untilTrue } from '../service/conditions.ts'
import { handOver, handOverProblems, holds, moves, readService } from '../service/hand-over.ts'
import type { Daemon } from '../service/state/daemon.ts'
import { daemonPieces, isDaemonAnswer, parseDaemon } from '../service/state/daemon.ts'
import type { NamedState } from '../service/state/state.ts'

type Named = Daemon & { host: string }

/**
 * Restarts heartbeat where it does not run with the ha.cf on disk. If no node needs it, nothing happens. If no node serves, both are
 * stopped, then started in order. If one serves, the standby is restarted first; after it has rejoined, the service is handed over and the
 * other node is restarted, so clients see one short switchover. Refused while that is not safe.
 */
export const heartbeatRestart = (id: string, context: Context): ClusterResource<Daemon> => {
  const { platform } = context
  const unit = platform.services.heartbeat
  const cf = `${platform.paths.haDir}/ha.cf`
  return {
    scope: 'cluster',
    id,
    settle: 60_000,
    probe: probeOf(daemonPieces(platform), ({ stdout }) => {
      if (!isDaemonAnswer(stdout)) return notRead('incomplete output')
      const { running, newer } = parseDaemon(stdout)
      // authkeys is left out: a new key needs no restart.
      return present({ running, newer: newer.filter(path => path === cf) })
    }),
    compare(members) {
      return differsBy(outdated(statesOf(members)).map(s => restarted('runs with an older configuration')(s.host)))
    },
    async preview(nodes, changes, members, notified) {
      const running = statesOf(members).filter(s => s.running)
      const due = notified.filter(host => running.some(s => s.host === host))
      const more = due
        .filter(host => !changes.some(c => c.attribute === `heartbeat on ${host}`))
        .map(restarted('runs with an older ha.cf then'))
      const all = [...changes, ...more]
      if (all.length === 0) return []
      const service = await readService(nodes, context)
      const active = service.find(holds)
      refuseRestart(nodes, service, context)
      if (!active || !all.some(c => c.attribute === `heartbeat on ${active.host}`)) return all
      return [...all, moves(active.host, nodes.hosts.find(h => h !== active.host) ?? '')]
    },
    async apply(nodes, _changes, members) {
      const service = await readService(nodes, context)
      const states = statesOf(members)
      refuseRestart(nodes, service, context)
      const active = service.find(holds)
      const old = outdated(states).map(s => s.host)
      if (active) return rolling(nodes, active.host, old, context)
      const running = states.filter(s => s.running).map(s => s.host)
      for (const host of running) await nodes.on(host).$`${platform.commands.stop(unit)}`
      for (const host of running) await nodes.on(host).$`${platform.commands.start(unit)}`
    },
  }
}

/** Throws `ApplyFailed` if a restart could cause an outage: no node serves although one should, or the other node could not take over. */
const refuseRestart = (nodes: ClusterNodes, service: NamedState[], { vars }: Context): void => {
  const active = service.find(holds)
  if (!active) {
    if (service.every(s => s.served === '')) return
    throw new ApplyFailed('heartbeat must be restarted, but neither node is active and this cluster has been in service', {
      hint: 'run nfsha-play status.yml first; a manual start of heartbeat also reads the new configuration',
    })
  }
  const standby = nodes.hosts.find(host => host !== active.host) ?? ''
  const problems = handOverProblems(service, standby, vars.ha_stage)
  if (problems.length > 0)
    throw new ApplyFailed(`heartbeat must be restarted, but ${active.host} serves and could not hand over now: ${problems.join(', ')}`, {
      hint: 'repair that and run again; until then both run with the older configuration',
    })
}

const restarted =
  (from: string) =>
  (host: string): Change => ({ attribute: `heartbeat on ${host}`, from, to: 'restarted' })

const outdated = (states: Named[]): Named[] => states.filter(s => s.running && s.newer.length > 0)

const rolling = async (nodes: ClusterNodes, active: string, old: string[], context: Context): Promise<void> => {
  const standby = nodes.hosts.find(host => host !== active) ?? ''
  if (old.includes(standby)) await restart(nodes, standby, active, context)
  if (!old.includes(active)) return
  await handOver(nodes, active, standby, context.vars)
  await restart(nodes, active, standby, context)
}

/**
 * Restarts heartbeat on a node without resources, and waits until both nodes report it as a member again. Throws `ApplyFailed` after 120 s.
 */
const restart = async (nodes: ClusterNodes, host: string, peer: string, { cluster, platform }: Context): Promise<void> => {
  nodes.progress({ text: `restart heartbeat on ${host}` })
  await nodes.on(host).$`${platform.commands.restart(platform.services.heartbeat)}`
  const nameOf = (node: string) => cluster.nodes.find(n => n.name === node)?.vars.node_name ?? node
  const member = (name: string) => `{ [ "$(cl_status nodestatus ${name} 2>/dev/null)" = active ] && ${settled}; }`
  const wait = (on: string, other: string) => nodes.on(on).connection.run(untilTrue(member(nameOf(other)), 120), { timeout: 180_000 })
  const seen = await Promise.all([wait(host, peer), wait(peer, host)])
  if (seen.some(s => s.code !== 0))
    throw new ApplyFailed(`heartbeat on ${host} did not rejoin within 120 s of its restart`, {
      hint: `${peer} continues to serve; look at the log of heartbeat on ${host}`,
    })
}
