import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from '../../platform/platform.ts'
import { bootIdOf as bootIdOn } from '../../resources/boot.ts'
import { ApplyFailed } from '../../resources/outcome.ts'
import type { ClusterNodes, Connection } from '../../resources/resource.ts'
import type { NodeState } from './observe.ts'
import { notWhole, observe } from './observe.ts'
import type { PairSettings } from './settings.ts'

/** The pair and its clients, as a test works with them. */
export interface Testbed {
  /** Shells of nodes and clients. */
  hosts: ClusterNodes
  nodes: string[]
  clients: string[]
  vars: PairSettings
  varsOf(host: string): PairSettings
  platform: Platform
  tools: PairTools
  /** The lab whose machines these are. */
  lab: string | undefined
  /** Nodes that are not asked for the time being: they have no power, are frozen or boot. */
  dark: Set<string>
}

/** What the roles know of the pair and do to it, passed in: this folder is below them. */
export interface PairTools {
  /** ms of silence after which heartbeat declares a node dead. */
  deadtime: number
  /** Shell that asks heartbeat for a planned switchover. */
  handOver: string
  /** What switchover.yml would refuse to move the service to this node for; undefined when it would not. */
  refusal(to: string): Promise<string | undefined>
  /** Resolves a split brain: what was written on `victim` since is thrown away. */
  discard(victim: string, survivor: string): Promise<void>
  /** What status.yml and drift report now. */
  reported(): Promise<string[]>
}

interface Machine {
  name: string
  vars: PairSettings
}

/** The pair as the play has it. */
interface Pair {
  cluster: { nodes: readonly Machine[]; clients: readonly Machine[] }
  vars: PairSettings
  platform: Platform
}

export const testbedOf = (hosts: ClusterNodes, { cluster, vars, platform }: Pair, tools: PairTools): Testbed => {
  const all = [...cluster.nodes, ...cluster.clients]
  return {
    hosts,
    nodes: cluster.nodes.map(n => n.name),
    clients: cluster.clients.map(c => c.name).filter(name => hosts.hosts.includes(name)),
    vars,
    varsOf: host => all.find(n => n.name === host)?.vars ?? vars,
    platform,
    tools,
    lab: vars.failover_lab,
    dark: new Set(),
  }
}

export const connectionTo = (testbed: Testbed, host: string): Connection => testbed.hosts.on(host).connection

export const otherNode = (testbed: Testbed, host: string): string => testbed.nodes.find(n => n !== host) ?? host

/** What the nodes that can be asked do now. */
export const look = (testbed: Testbed): Promise<NodeState[]> =>
  observe(
    testbed.nodes.filter(n => !testbed.dark.has(n)).map(n => connectionTo(testbed, n)),
    testbed.vars,
  )

/** Waits until one node serves, the other stands by and both are in sync; what was wrong last is in the error. */
export const awaitWhole = async (testbed: Testbed, seconds: number): Promise<NodeState[]> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const states = await look(testbed)
    const problems = notWhole(states, testbed.nodes, testbed.vars.ha_stage)
    if (problems.length === 0) return states
    if (Date.now() > end)
      throw new ApplyFailed(`the pair is not healthy: ${problems.join('; ')}`, { hint: 'look at it: nfsha-play status.yml' })
    await delay(1_000, undefined, { signal: testbed.hosts.signal })
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

export const bootIdOf = (testbed: Testbed, host: string): Promise<string> => bootIdOn(connectionTo(testbed, host))

/** Waits until a host answers again, on a new connection where the old one is dead. `notBoot`: the boot that must be over. */
export const reach = async (testbed: Testbed, host: string, { seconds, notBoot }: { seconds: number; notBoot?: string }): Promise<void> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      if (!(await answers(connectionTo(testbed, host)))) await testbed.hosts.reconnect(host)
      if (notBoot === undefined || (await bootIdOf(testbed, host)) !== notBoot) return
    } catch (error) {
      if (Date.now() > end) throw error
    }
    if (Date.now() > end) throw new ApplyFailed(`${host} has not booted within ${seconds} s`)
    await delay(1_000)
  }
}
