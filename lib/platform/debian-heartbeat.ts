import type { Resource } from '../resources/resource.ts'
import { unitDropIn } from '../resources/unit-drop-in.ts'

/** Waits for heartbeat to exit, without a fork while it waits. A new heartbeat starts before the old one has exited, so pgrep always finds one. */
const follow = 'while p=$$(pgrep -o -x heartbeat); do tail -s 0.2 --pid=$$p -f /dev/null; done'

/**
 * heartbeat 3.0.6 restarts itself when a node that it considered dead returns ("returning after partition"). The new process daemonises
 * even if the old one ran in the foreground (restart_heartbeat in heartbeat.c). Debian's unit treats the exit of the old one as the end of
 * the service, unless /run/heartbeat.pid names another process by then, and calls `heartbeat -k`. So the unit's main process is one that
 * stays as long as any heartbeat process.
 */
export const debianHeartbeat = (): Resource[] => [
  unitDropIn(
    'heartbeat',
    `# Managed by nfsha-play. heartbeat may restart itself: that does not end this service.
[Service]
ExecStart=
ExecStart=/bin/sh -c '/usr/libexec/heartbeat/heartbeat || exit; ${follow}'
`,
  ),
]
