import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from '../../lib/platform/platform.ts'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import type { ClusterNodes, Connection } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import type { Vars } from '../vars.ts'
import type { NodeState } from './observe.ts'
import { notWhole, observe } from './observe.ts'

/** The pair and its clients, as a test works with them. */
export interface Bench {
  /** Shells of nodes and clients. */
  hosts: ClusterNodes
  nodes: string[]
  clients: string[]
  vars: Vars
  varsOf(host: string): Vars
  platform: Platform
  /** The play, as the node on which the test is rooted sees it. */
  context: Context
  /** The lab whose machines these are. */
  lab: string | undefined
  /** Nodes that are not asked for the time being: they have no power, are frozen or boot. */
  dark: Set<string>
}

export const benchOf = (hosts: ClusterNodes, context: Context): Bench => {
  const { cluster, vars, platform } = context
  const all = [...cluster.nodes, ...cluster.clients]
  return {
    hosts,
    nodes: cluster.nodes.map(n => n.name),
    clients: cluster.clients.map(c => c.name).filter(name => hosts.hosts.includes(name)),
    vars,
    varsOf: host => all.find(n => n.name === host)?.vars ?? vars,
    platform,
    context,
    lab: vars.nfsha_lab,
    dark: new Set(),
  }
}

export const connectionTo = (bench: Bench, host: string): Connection => bench.hosts.on(host).connection

export const otherNode = (bench: Bench, host: string): string => bench.nodes.find(n => n !== host) ?? host

/** What the nodes that can be asked do now. */
export const look = (bench: Bench): Promise<NodeState[]> =>
  observe(
    bench.nodes.filter(n => !bench.dark.has(n)).map(n => connectionTo(bench, n)),
    bench.vars,
  )

/** Waits until one node serves, the other stands by and both are in step; what was wrong last is in the error. */
export const awaitWhole = async (bench: Bench, seconds: number): Promise<NodeState[]> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const states = await look(bench)
    const problems = notWhole(states, bench.nodes, bench.vars.ha_stage)
    if (problems.length === 0) return states
    if (Date.now() > end)
      throw new ApplyFailed(`the pair is not whole: ${problems.join('; ')}`, { hint: 'look at it: nfsha-play status.yml' })
    await delay(1_000, undefined, { signal: bench.hosts.signal })
  }
}

/** Whether a connection still carries anything, asked with a limit: one to a machine that was frozen may be dead and not know it. */
const answers = async (connection: Connection): Promise<boolean> =>
  Promise.race([
    connection.run(':', { timeout: 10_000 }).then(
      () => true,
      () => false,
    ),
    delay(12_000, false, { ref: false }),
  ])

const bootId = async (connection: Connection): Promise<string> => {
  const { stdout } = await connection.run('read -r b < /proc/sys/kernel/random/boot_id; echo "$b"', { timeout: 20_000 })
  return stdout.trim()
}

export const bootIdOf = (bench: Bench, host: string): Promise<string> => bootId(connectionTo(bench, host))

/** Waits until a host answers again, on a new connection where the old one is dead. `notBoot`: the boot that must be over. */
export const reach = async (bench: Bench, host: string, { seconds, notBoot }: { seconds: number; notBoot?: string }): Promise<void> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      if (!(await answers(connectionTo(bench, host)))) await bench.hosts.reconnect(host)
      if (notBoot === undefined || (await bootIdOf(bench, host)) !== notBoot) return
    } catch (error) {
      if (Date.now() > end) throw error
    }
    if (Date.now() > end) throw new ApplyFailed(`${host} has not booted within ${seconds} s`)
    await delay(1_000)
  }
}
