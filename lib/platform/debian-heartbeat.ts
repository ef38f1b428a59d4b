import type { Resource } from '../resources/resource.ts'
import { unitDropIn } from '../resources/unit-drop-in.ts'

/** Waits without a fork; a new heartbeat is there before the old one has ended, so there is always one to be found. */
const follow = 'while p=$$(pgrep -o -x heartbeat); do tail -s 0.2 --pid=$$p -f /dev/null; done'

/**
 * heartbeat 3.0.6 restarts itself when it hears a node again that it had given up ("returning after partition"), and the new process leaves the
 * foreground whatever the old one was told (restart_heartbeat in heartbeat.c). Debian's unit takes the old one's end for the end of the service,
 * unless /run/heartbeat.pid names another process by then, and calls `heartbeat -k`. So the unit's main process is one that stays as long as any
 * process of heartbeat does.
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
