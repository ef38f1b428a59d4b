import { file } from '../resources/file.ts'
import type { Resource } from '../resources/resource.ts'
import { sysvService } from '../resources/sysv-service.ts'
import type { BootJob } from './platform.ts'

/** An init script with the header that chkconfig(8) reads: after the network (10), before heartbeat (75). */
export const initScript = ({ name, description, commands }: BootJob): string => `#!/bin/sh
# Managed by nfsha-play.
# chkconfig: 2345 70 08
# description: ${description}
PATH=/sbin:/usr/sbin:/bin:/usr/bin; export PATH
lock=/var/lock/subsys/${name}
case $1 in
  start)
${commands.map(({ command, mayFail = false }) => `    ${command} ${mayFail ? '|| :' : '|| exit 1'}`).join('\n')}
    : > "$lock" ;;
  stop) rm -f "$lock" ;;
  status) [ -e "$lock" ] ;;
  *) echo "usage: ${name} start|stop|status" >&2; exit 2 ;;
esac
`

export const centosAtBoot = (job: BootJob): Resource[] => [
  file(`/etc/init.d/${job.name}`, { content: initScript(job), mode: 0o755 }),
  sysvService(job.name, { enabled: true }),
]
