import { file } from '../resources/file.ts'
import type { Resource } from '../resources/resource.ts'
import { service } from '../resources/service.ts'
import type { BootJob } from './platform.ts'

const program = (command: string): string => `${command.startsWith('/') ? '' : '/usr/sbin/'}${command}`

const line = ({ command, mayFail = false }: BootJob['commands'][number]): string =>
  mayFail ? `ExecStart=-/bin/sh -c '${command}'` : `ExecStart=${program(command)}`

/** systemd.service(5): a oneshot unit after the network and before heartbeat, with timeouts. The shutdown undoes it in reverse order. */
export const bootUnit = ({ description, commands, undo }: BootJob): string => `# Managed by nfsha-play.
[Unit]
Description=${description}
After=network-online.target systemd-modules-load.service
Wants=network-online.target
Before=heartbeat.service

[Service]
Type=oneshot
RemainAfterExit=yes
${commands.map(line).join('\n')}
ExecStop=-${program(undo)}
TimeoutStartSec=60
TimeoutStopSec=20

[Install]
WantedBy=multi-user.target
`

export const debianAtBoot = (job: BootJob): Resource[] => [
  file(`/etc/systemd/system/${job.name}.service`, { content: bootUnit(job) }),
  {
    ...service(`${job.name}.service`, { enabled: true, running: true }),
    undo: [
      {
        what: `${job.name}.service at boot`,
        from: 'on',
        to: 'off',
        isDue: `[ "$(systemctl is-enabled ${job.name}.service 2>/dev/null)" = enabled ]`,
        sh: `systemctl disable --now ${job.name}.service`,
      },
    ],
  },
]
