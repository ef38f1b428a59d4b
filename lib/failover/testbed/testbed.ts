import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from '../../platform/platform.ts'
import { bootIdOf as bootIdOn } from '../../resources/boot.ts'
import { ApplyFailed } from '../../resources/outcome.ts'
import type { ClusterNodes, Connection } from '../../resources/resource.ts'
import type { NodeState } from './observe.ts'
import { notWhole, observe } from './observe.ts'
import type { PairSettings } from './settings.ts'

/** The pair and its clients, as a test uses them. */
export interface Testbed {
  /** Shells on nodes and clients. */
  hosts: ClusterNodes
  nodes: string[]
  clients: string[]
  vars: PairSettings
  varsOf(host: string): PairSettings
  platform: Platform
  tools: PairTools
  /** Name of the lab, if these machines are in one. */
  lab: string | undefined
  /** Nodes that are currently not asked: without power, frozen or booting. */
  dark: Set<string>
}

/** What the roles can tell about the pair and do to it, passed in because this folder is below them. */
export interface PairTools {
  /** ms of silence after which heartbeat declares a node dead. */
  deadtime: number
  /** Shell that asks heartbeat for a planned switchover. */
  handOver: string
  /** Why switchover.yml would refuse to move the service to this node; undefined when it would not. */
  refusal(to: string): Promise<string | undefined>
  /** Resolves a split brain: discards what was written on `victim` since the split. */
  discard(victim: string, survivor: string): Promise<void>
  /** What status.yml and drift report now. */
  reported(): Promise<string[]>
}

interface Machine {
  name: string
  vars: PairSettings
}

/** The pair as the play knows it. */
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

/** The state of the nodes that can be asked. */
export const look = (testbed: Testbed): Promise<NodeState[]> =>
  observe(
    testbed.nodes.filter(n => !testbed.dark.has(n)).map(n => connectionTo(testbed, n)),
    testbed.vars,
  )

/** Waits until one node is active, the other standby and both in sync; the error contains the last problems. */
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

/** Whether a connection still works, with a time limit: one to a machine that was frozen may be dead without knowing it. */
const answers = async (connection: Connection): Promise<boolean> =>
  Promise.race([
    connection.run(':', { timeout: 10_000 }).then(
      () => true,
      () => false,
    ),
    delay(12_000, false, { ref: false }),
  ])

export const bootIdOf = (testbed: Testbed, host: string): Promise<string> => bootIdOn(connectionTo(testbed, host))

/** Waits until a host answers again, on a new connection if the old one is dead. `notBoot`: the boot that must have ended. */
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
