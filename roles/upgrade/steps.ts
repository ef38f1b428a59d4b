import type { ClusterNodes, DebianRelease, SystemUpgrade, UpgradeState } from '../../lib/role-api/index.ts'
import { failedScript, restartMachine, runJobOn, writeFile } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import { handOver } from '../service/hand-over.ts'
import { markMaintenance } from '../service/maintenance-mark.ts'
import { maintenanceMarker } from '../service/paths.ts'
import { type NamedNode, upgradingMarker } from './state.ts'

/** Milliseconds. An emulated machine takes a quarter of an hour for a whole release. */
const upgradeLimit = 4 * 3_600_000

const systemOf = ({ platform }: Context): SystemUpgrade => {
  if (!platform.systemUpgrade) throw new Error(`${platform.name} cannot be upgraded by this tool`)
  return platform.systemUpgrade
}

export const readLists = async (nodes: ClusterNodes, hosts: string[], context: Context): Promise<void> => {
  await Promise.all(
    hosts.map(async host => {
      const result = await nodes.on(host).connection.run(systemOf(context).readLists, { timeout: 600_000 })
      if (result.code !== 0) throw failedScript(`reading the package lists on ${host}`, result, 'look at the package sources')
    }),
  )
}

/** Sets the node's own marker first: a maintenance marker without it is an operator's. */
export const mark = async (nodes: ClusterNodes, host: string): Promise<void> => {
  const file = { content: `${host}\n`, mode: 0o644, owner: 'root', group: 'root' }
  await writeFile(nodes.on(host).connection, upgradingMarker, file)
  await markMaintenance(nodes, host)
}

/** Removes the node's own marker last, for the same reason. */
export const unmark = async (nodes: ClusterNodes, host: string): Promise<void> => {
  await Promise.all(nodes.hosts.map(name => nodes.on(name).$`rm -f ${maintenanceMarker}`))
  await nodes.on(host).$`rm -f ${upgradingMarker}`
}

export const handOverTo = (nodes: ClusterNodes, from: string, to: string, { vars }: Context): Promise<void> =>
  handOver(nodes, from, to, vars)

export const stopHeartbeat = async (nodes: ClusterNodes, host: string, { platform }: Context): Promise<void> =>
  void (await nodes.on(host).$`${platform.commands.stop(platform.services.heartbeat)}`)

export const changeSources = async (
  nodes: ClusterNodes,
  host: string,
  { sources, release }: UpgradeState,
  to: DebianRelease,
  context: Context,
): Promise<void> => {
  const result = await nodes.on(host).connection.run(systemOf(context).sources(sources, release, to), { timeout: 60_000 })
  if (result.code !== 0) throw failedScript(`changing the package sources of ${host}`, result)
}

/** Runs as a job: it continues when the connection is lost, for example while ssh itself is upgraded, and the next run attaches to it. */
export const upgradePackages = async (nodes: ClusterNodes, host: string, ours: string[], context: Context): Promise<void> => {
  const system = systemOf(context)
  let seen = 0
  const { code, output } = await runJobOn(nodes, host, {
    id: 'upgrade',
    script: system.upgrade(ours),
    timeout: upgradeLimit,
    onOutput(text) {
      for (const [, step = '', name] of text.matchAll(system.step))
        nodes.progress({ text: `${host}: ${step.toLowerCase()} ${name} (${++seen})` })
    },
  })
  if (code !== 0)
    throw failedScript(
      `the upgrade of ${host}`,
      { code, stdout: output.slice(-4000), stderr: '' },
      `the other node serves; look at /var/log/apt/term.log on ${host}, and run the playbook again`,
    )
}

export const restart = (nodes: ClusterNodes, host: string, context: Context): Promise<void> =>
  restartMachine(
    nodes,
    host,
    systemOf(context).reboot,
    `the other node serves; look at the console of ${host}, and run the playbook again once it is up`,
  )

/** Brings DRBD up if the boot has not. */
export const attach = async (nodes: ClusterNodes, { host, device }: NamedNode, { vars }: Context): Promise<void> => {
  if (!device) await nodes.on(host).$`${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}`
}
