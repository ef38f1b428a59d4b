import { file } from '../resources/file.ts'
import type { Resource } from '../resources/resource.ts'
import { type RunLevels, sysvService } from '../resources/sysv-service.ts'
import type { BootJob, Platform } from './platform.ts'

/** What differs between the systems that start services by the scripts of /etc/init.d. */
export interface SysvFlavour {
  levels: RunLevels
  /** The comment of an init script by which the system finds its place in the boot: after the network, before heartbeat. */
  header(job: BootJob): string
  /** Where it is noted that a script has run; empty after a boot. */
  locks: string
}

/** An init script that does its job once, at `start`, and undoes it at `stop`. */
export const initScript = (job: BootJob, { header, locks }: SysvFlavour): string => `#!/bin/sh
# Managed by nfsha-play.
${header(job)}
PATH=/sbin:/usr/sbin:/bin:/usr/bin; export PATH
lock=${locks}/${job.name}
case $1 in
  start)
${job.commands.map(({ command, mayFail = false }) => `    ${command} ${mayFail ? '|| :' : '|| exit 1'}`).join('\n')}
    : > "$lock" ;;
  stop)
    timeout 20 ${job.undo} || :
    rm -f "$lock" ;;
  status) [ -e "$lock" ] ;;
  *) echo "usage: ${job.name} start|stop|status" >&2; exit 2 ;;
esac
`

export const sysvAtBoot =
  (flavour: SysvFlavour) =>
  (job: BootJob): Resource[] => [
    file(`/etc/init.d/${job.name}`, { content: initScript(job, flavour), mode: 0o755 }),
    {
      ...sysvService(flavour.levels)(job.name, { enabled: true, running: true }),
      undo: [
        {
          what: `${job.name} at boot`,
          from: 'on',
          to: 'off',
          isDue: `[ -e /etc/init.d/${job.name} ]`,
          sh: flavour.levels.forget(job.name),
        },
      ],
    },
  ]

export const sysvCommands: Pick<Platform['commands'], 'start' | 'stop' | 'restart' | 'isActive' | 'endedAt' | 'rereadUnits'> = {
  start: name => [`/etc/init.d/${name}`, 'start'],
  stop: name => [`/etc/init.d/${name}`, 'stop'],
  restart: name => [`/etc/init.d/${name}`, 'restart'],
  rereadUnits: ':',
  endedAt: () => ':',
  isActive: name => `/etc/init.d/${name} status >/dev/null 2>&1 && echo active`,
}
