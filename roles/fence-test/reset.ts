import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { ApplyFailed, awaitBoot, bootIdOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { fenceConfig, fenceProgram, heartbeatName } from '../service/fencing.ts'

/**
 * Has one node reset the other as heartbeat would, and waits until that node answers with a new boot ID: the plugin's report alone proves
 * nothing.
 * @throws ApplyFailed when the plugin fails, or when the node has not booted again
 */
export const resetBy = async (nodes: ClusterNodes, host: string, by: string, context: Context): Promise<void> => {
  const { platform } = context
  const before = await bootIdOf(nodes.on(host).connection)
  const command = `${fenceProgram(platform)} end ${heartbeatName(contextAt(context, host).vars)} ${fenceConfig(platform)} 2>&1`
  nodes.progress({ text: `${by} resets ${host}` })
  const started = Date.now()
  const { code, stdout } = await nodes.on(by).connection.run(command, { timeout: 120_000 })
  if (code !== 0)
    throw new ApplyFailed(`${by} could not reset ${host}`, {
      detail: stdout.trim(),
      hint: `nothing has happened; if ${host} dies now, ${by} does not take over: docs/fencing.md`,
    })
  nodes.remark(`${by} reset ${host} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  await awaitBoot(nodes, host, before, {
    why: 'the reset that its plugin reported',
    hint: `check its console: either it does not boot, or the plugin on ${by} reported a reset that did not happen, and both nodes could serve`,
  })
}
