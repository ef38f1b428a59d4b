import { file } from '../resources/file.ts'
import type { Resource } from '../resources/resource.ts'
import { type RunLevels, sysvService } from '../resources/sysv-service.ts'
import type { BootJob, Platform } from './platform.ts'

/** The differences between the systems that start services with scripts in /etc/init.d. */
export interface SysvFlavour {
  levels: RunLevels
  /** The header of an init script that determines the boot order: after the network, before heartbeat. */
  header(job: BootJob): string
  /** Directory of the files that record that a script has run; empty after a boot. */
  locks: string
}

/** An init script that runs its job once, at `start`, and undoes it at `stop`. */
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
