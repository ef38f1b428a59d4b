import { readFileSync } from 'node:fs'
import type { Cluster, Node, Platform, Resource } from '../../lib/role-api/index.ts'
import { file, hostAssertion, minorOf, packagedFile, present, quote, refusedFor } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import { fenceConfig, fenceProgram, heartbeatName } from '../service/fencing.ts'
import { maintenanceMarker } from '../service/paths.ts'
import type { Vars } from '../vars.ts'

/** ha.cf(5): whichever node asks, it is our plugin that is called, and that knows its peer. */
export const stonithLine = (cluster: Cluster<Vars>, platform: Platform): string =>
  cluster.nodes.every(n => n.vars.heartbeat_stonith !== undefined) ? `stonith_host * external/nfsha ${fenceConfig(platform)}\n` : ''

/** Plugins whose defaults show a secret to everybody on the node: ipmitool would get it among its arguments. */
const defaults: Record<string, Record<string, string>> = { 'external/ipmi': { passwd_method: 'env' } }

/** Pure: what our plugin reads, with its peer's parameters in a function, so that none of them can be one of its own variables. */
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

/** What `status` of our plugin printed, as problems. Pure. */
export const deviceProblems = ({ code, stdout }: { code: number; stdout: string }, peer: string, plugin: string): string[] => {
  if (code === 0) return []
  // cluster-glue's ha_logger adds this to whatever it is given to log.
  const said = stdout.replaceAll('logd is not running', '').trim().split('\n').at(-1) ?? ''
  return [
    `this node could not reset ${peer} now, so it would not take over either: ${said === '' ? `${plugin} fails with code ${code}` : said}`,
  ]
}

/** The program by which this node ends its peer, its settings, and whether the device answers now. */
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
