import { readFileSync } from 'node:fs'
import type { Cluster, Node, Platform, Resource } from '../../lib/role-api/index.ts'
import { file, hostAssertion, minorOf, packagedFile, present, quote, refusedFor } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import { fenceConfig, fenceProgram, heartbeatName } from '../service/fencing.ts'
import { maintenanceMarker } from '../service/paths.ts'
import type { Vars } from '../vars.ts'

/** ha.cf(5): every node calls our plugin, which knows the node's peer. */
export const stonithLine = (cluster: Cluster<Vars>, platform: Platform): string =>
  cluster.nodes.every(n => n.vars.heartbeat_stonith !== undefined) ? `stonith_host * external/nfsha ${fenceConfig(platform)}\n` : ''

/** Safer defaults for plugins that would expose a secret to all users of the node: ipmitool would get it as an argument. */
const defaults: Record<string, Record<string, string>> = { 'external/ipmi': { passwd_method: 'env' } }

/**
 * Pure: the settings file of our plugin. The peer's parameters are in a function, so that they cannot overwrite the plugin's own variables.
 */
export const fenceSettings = (own: Vars, peer: Node<Vars>): string => {
  const { heartbeat_stonith: stonith, heartbeat_stonith_secret: secret } = peer.vars
  const { plugin, parameters } = stonith ?? { plugin: '', parameters: {} }
  const all = { ...defaults[plugin], ...parameters, ...secret }
  return `# Managed by nfsha-play: how this node ends the other one.
peer=${heartbeatName(peer.vars)}
peer_name=${quote(peer.name)}
pings=${quote(own.heartbeat_ping.join(' '))}
minor=${own.ha_stage === 'full' ? minorOf(own.drbd_device) : ''}
plugin=${quote(plugin)}
parameters() {
${Object.entries(all)
  .map(([name, value]) => `  ${name}=${quote(value)}; export ${name}\n`)
  .join('')}  :
}
`
}

const program = (platform: Platform): string => `#!/bin/sh
# Managed by nfsha-play.
plugins=${platform.paths.stonith}
maintenance=${maintenanceMarker}

${readFileSync(packagedFile('roles/heartbeat/files/fence'), 'utf8')}`

/** Pure: problems in the output of our plugin's `status`. */
export const deviceProblems = ({ code, stdout }: { code: number; stdout: string }, peer: string, plugin: string): string[] => {
  if (code === 0) return []
  // cluster-glue's ha_logger adds this to every message.
  const said = stdout.replaceAll('logd is not running', '').trim().split('\n').at(-1) ?? ''
  return [
    `this node could not reset ${peer} now, so it would not take over either: ${said === '' ? `${plugin} fails with code ${code}` : said}`,
  ]
}

/** The program with which this node resets its peer, its settings, and a check that the device answers. */
export const fencing = (context: Context): Resource[] => {
  const { vars, platform } = context
  const peer = peerOf(context)
  const stonith = peer.vars.heartbeat_stonith
  if (stonith === undefined) return []
  const path = fenceConfig(platform)
  const settings = file(path, { content: fenceSettings(vars, peer), mode: 0o600, secret: true })
  const script = file(fenceProgram(platform), { content: program(platform), mode: 0o755 })
  return [
    ...(stonith.plugin === 'external/ipmi' ? [platform.install(platform.packages.ipmi)] : []),
    settings,
    script,
    hostAssertion<{ code: number; stdout: string }>('fencing device', {
      dependsOn: [settings.id, script.id],
      probe: {
        sh: `PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; timeout 40 ${fenceProgram(platform)} status ${path} 2>&1`,
        timeout: 60_000,
        parse: ({ code, stdout }) => present({ code, stdout }),
      },
      compare: actual =>
        refusedFor(actual.kind === 'present' ? deviceProblems(actual.state, peer.name, stonith.plugin) : ['fencing device: no answer']),
    }),
  ]
}
