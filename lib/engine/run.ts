import { hostname, userInfo } from 'node:os'
import type { Via } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import { activityFor } from './activity.ts'
import type { Emit } from './events.ts'
import { unlessInterrupted } from './interrupt.ts'
import { Locked, type LockOptions } from './lock.ts'
import type { PlayPlan } from './play.ts'
import { playTarget } from './play.ts'

export interface RunOptions {
  check: boolean
  /** With `check`: judges everything, whatever failed before, and reads problems again before it reports them. */
  drift?: boolean
  /** Handlers are judged, named if needed, and left for a later run. */
  holdHandlers?: boolean
  emit: Emit
  /** Also reports the activity of each host, and with the end of the last connection how many processes it has started (`--profile`). */
  profile?: boolean
  signal: AbortSignal
  /** Connects to a host. Called once per host and run, and again when a task has cut the connection on purpose (`via`: another route). */
  connect(host: string, via?: Via): Promise<Connection>
  /** For tests. */
  lock?: LockOptions
  /** Number of clusters (or groups of clients) played in parallel. */
  forks: number
}

/** Plays all plays in order, each on all its clusters in parallel. Reports everything through `emit`. */
export const runPlays = async <V>(plays: PlayPlan<V>[], options: RunOptions): Promise<void> => {
  const open = new Map<string, Promise<Connection>>()
  const connect = (host: string): Promise<Connection> => {
    const known = open.get(host) ?? options.connect(host)
    open.set(host, known)
    return known
  }
  const reconnect = async (host: string, via?: Via): Promise<Connection> => {
    const [old, connection] = [open.get(host), await options.connect(host, via)]
    open.set(host, Promise.resolve(connection))
    // It is dead, or about to be: do not wait for its close.
    void old?.then(dead => dead.close()).catch(() => undefined)
    return connection
  }
  const left = lastPlays(plays)
  const closing: Promise<void>[] = []
  // A connection takes memory here and two processes on the host, so it is closed after the host's last play.
  const release = (hosts: string[], play: number) => {
    for (const host of hosts) {
      const connection = open.get(host)
      if (!connection || left.get(host) !== play) continue
      open.delete(host)
      closing.push(close(host, connection, options))
    }
  }
  const owner = `${userInfo().username}@${hostname()} pid ${process.pid} since ${new Date().toISOString()}`
  try {
    const broken = new Set<string>()
    for (const [i, play] of plays.entries()) {
      if (options.signal.aborted) return
      await onePlay(play, { ...options, connect, reconnect, owner, broken, release: hosts => release(hosts, i) })
    }
  } finally {
    await Promise.all([...closing, ...[...open].map(([host, connection]) => close(host, connection, options))])
  }
}

/** The number of the last play of each host. */
const lastPlays = <V>(plays: PlayPlan<V>[]): Map<string, number> =>
  new Map(plays.flatMap((play, i) => play.targets.flatMap(target => target.hosts.map(host => [host.name, i] as const))))

const close = async (host: string, opening: Promise<Connection>, { emit, profile, signal }: RunOptions): Promise<void> => {
  const connection = await unlessInterrupted(opening, signal).catch(() => undefined)
  if (!connection) {
    // A connection that is still being opened when the run is interrupted is not waited for.
    opening.then(late => late.close()).catch(() => undefined)
    return
  }
  emit({ type: 'host-closed', host, ...connection.counts })
  // Only one more command tells how many processes the last one started; that command itself is not counted.
  if (profile) await connection.run(':', { timeout: 5000 }).catch(() => undefined)
  await connection.close().catch(() => undefined)
}

interface Playing extends RunOptions {
  reconnect(host: string, via?: Via): Promise<Connection>
  /** These hosts have finished a play. */
  release(hosts: string[]): void
  owner: string
  /** Clusters that failed in a play: later plays depend on it. */
  broken: Set<string>
}

const onePlay = async <V>(play: PlayPlan<V>, options: Playing): Promise<void> => {
  const hosts = play.targets.flatMap(t => t.hosts.map(h => h.name))
  if (hosts.length === 0) return options.emit({ type: 'play-skipped', play: play.name, reason: 'no hosts matched' })
  options.emit({ type: 'play-start', play: play.name, hosts })
  activityFor(options.emit, options.profile ?? false)(hosts, 'queue')
  const waiting = [...play.targets]
  const worker = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      await guarded(play, target, options)
      options.release(target.hosts.map(h => h.name))
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.forks, play.serial ?? options.forks, play.targets.length) }, worker))
}

/** An error of one cluster never ends the play of another. */
const guarded = async <V>(play: PlayPlan<V>, target: PlayPlan<V>['targets'][number], options: Playing): Promise<void> => {
  const { name } = target.cluster
  if (options.broken.has(name) && !options.drift) {
    for (const { name: host } of target.hosts)
      options.emit({ type: 'host-stopped', host, reason: `cluster ${name} failed in an earlier play`, remaining: 0 })
    return
  }
  try {
    const { failed } = await playTarget(play, target, options)
    if (failed) options.broken.add(name)
  } catch (error) {
    if (!(error instanceof Locked)) throw error
    options.emit({ type: 'locked', host: error.host, owner: error.owner, hint: error.hint })
  }
}
