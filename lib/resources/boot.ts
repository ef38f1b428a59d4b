import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from './outcome.ts'
import type { ClusterNodes, Connection } from './resource.ts'

/** Which boot a machine is in: random(4). */
export const bootIdOf = async (connection: Connection): Promise<string> => {
  const { stdout } = await connection.run('read -r b < /proc/sys/kernel/random/boot_id; echo "$b"', { timeout: 20_000 })
  return stdout.trim()
}

/** ms that a machine may take to shut down and to boot: servers with much memory and many disks take their time. */
const bootLimit = 1_200_000
/** ms between two looks. */
const pause = 3_000

/**
 * Restarts a machine in good order and waits until it answers from another boot; the connection is a new one then.
 * @throws ApplyFailed when it does not come back in 20 minutes, with the hint that is given
 */
export const restartMachine = async (nodes: ClusterNodes, host: string, command: string[], hint: string): Promise<void> => {
  const before = await bootIdOf(nodes.on(host).connection)
  // It may take the connection along.
  await nodes.on(host).$`${command}`.catch(() => undefined)
  await awaitBoot(nodes, host, before, { why: 'its restart', hint })
}

/**
 * Waits until a machine answers from another boot than `before`; the connection is a new one then.
 * @throws ApplyFailed when it does not in 20 minutes, with the hint that is given; `why`: after what
 */
export const awaitBoot = async (
  nodes: ClusterNodes,
  host: string,
  before: string,
  { why, hint }: { why: string; hint: string },
): Promise<void> => {
  const end = Date.now() + bootLimit
  while (!(await hasBooted(nodes, host, before))) {
    if (nodes.signal.aborted) throw new ApplyFailed(`interrupted while ${host} restarts`, { hint })
    if (Date.now() > end) throw new ApplyFailed(`${host} did not come back within ${bootLimit / 60_000} minutes of ${why}`, { hint })
    nodes.progress({ text: `waiting for ${host} to boot` })
    await delay(pause)
  }
}

const hasBooted = async (nodes: ClusterNodes, host: string, before: string): Promise<boolean> => {
  try {
    await nodes.reconnect(host)
    return (await bootIdOf(nodes.on(host).connection)) !== before
  } catch {
    // It is down, or about to be.
    return false
  }
}
