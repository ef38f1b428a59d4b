import { ApplyFailed } from '../../lib/resources/outcome.ts'
import type { ClusterResource } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import { vipAddress } from '../role.ts'

interface Daemon {
  running: boolean
  /** ha.cf or authkeys changed after the daemon started. */
  outdated: boolean
  holds: boolean
}

/**
 * Whether heartbeat runs with what is on disk: its configuration is older than its process. Needed on no node: nothing happens, ever.
 * Nothing is serving: both are stopped, then started in order. Serving: refused here, a rolling restart is the maintenance playbook's.
 */
export const heartbeatRestart = (id: string, { vars, platform }: Context): ClusterResource<Daemon> => {
  const { haDir } = platform.paths
  const unit = platform.services.heartbeat
  return {
    scope: 'cluster',
    id,
    settle: 60_000,
    probe: {
      // /proc/PID has the time at which the process was first looked at, so the start is reckoned from its stat line: clock ticks since boot.
      sh: `p=$(systemctl show -p MainPID --value ${unit}); if [ "\${p:-0}" -gt 0 ] && [ -r /proc/$p/stat ]; then
  set -- $(sed 's/.*) //' /proc/$p/stat); up=$(cut -d. -f1 /proc/uptime); echo "start $(( $(date +%s) - up + \${20} / 100 ))"
  stat -c 'file %Y' ${haDir}/ha.cf ${haDir}/authkeys
  ip -o -4 addr show | grep -q ' inet ${vipAddress(vars)}/' && echo holds
fi; true`,
      parse({ stdout }) {
        const start = Number(/^start (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN)
        const files = [...stdout.matchAll(/^file (\d+)$/gm)].map(m => Number(m[1]))
        // Two seconds of rounding: uptime, ticks and file time are each cut to seconds.
        return present({ running: !Number.isNaN(start), outdated: files.some(f => f > start + 2), holds: /^holds$/m.test(stdout) })
      },
    },
    changes(members) {
      const states = members.flatMap(m => (m.reading.kind === 'present' ? [{ host: m.host, ...m.reading.state }] : []))
      const outdated = states.filter(s => s.running && s.outdated)
      if (outdated.length === 0) return []
      return outdated.map(s => ({ attribute: `heartbeat on ${s.host}`, from: 'runs with an older configuration', to: 'restarted' }))
    },
    async apply(nodes, _changes, members) {
      const holder = members.find(m => m.reading.kind === 'present' && m.reading.state.holds)
      if (holder)
        throw new ApplyFailed(`heartbeat must be restarted, but ${holder.host} serves clients`, {
          hint: `stop and start heartbeat on the standby first, then on ${holder.host}; this run leaves both alone`,
        })
      for (const host of nodes.hosts) await nodes.on(host).$`systemctl stop ${unit}`
      for (const host of nodes.hosts) await nodes.on(host).$`systemctl start ${unit}`
    },
  }
}
