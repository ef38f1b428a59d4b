import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from './outcome.ts'
import type { ClusterNodes, Connection } from './resource.ts'

/** The boot id of a machine: random(4). @throws Unreachable, ScriptTimeout after 20 s */
export const bootIdOf = async (connection: Connection): Promise<string> => {
  const { stdout } = await connection.run('read -r b < /proc/sys/kernel/random/boot_id; echo "$b"', { timeout: 20_000 })
  return stdout.trim()
}

/** ms within which a machine must shut down and boot: servers with much memory and many disks are slow. */
const bootLimit = 1_200_000
/** ms between two checks. */
const pause = 3_000

/**
 * Restarts a machine cleanly and waits until it answers with a new boot id, over a new connection.
 * @throws ApplyFailed with the given hint when it does not come back within 20 minutes
 */
export const restartMachine = async (nodes: ClusterNodes, host: string, command: string[], hint: string): Promise<void> => {
  const before = await bootIdOf(nodes.on(host).connection)
  // The restart may drop the connection before the command returns.
  await nodes.on(host).$`${command}`.catch(() => undefined)
  await awaitBoot(nodes, host, before, { why: 'its restart', hint })
}

/**
 * Waits until a machine answers with another boot id than `before`, over a new connection. `why`: the cause of the restart, for messages.
 * @throws ApplyFailed with the given hint when it does not within 20 minutes
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
