import { netToolsRoute } from '../resources/net-tools-route.ts'
import { packages } from '../resources/packages.ts'
import { sysvService, updateRcd } from '../resources/sysv-service.ts'
import { debianRoutes } from './debian-routes.ts'
import { debian12 } from './debian12.ts'
import type { Platform } from './platform.ts'
import { type SysvFlavour, sysvAtBoot, sysvCommands } from './sysv.ts'

/** The header by which insserv(8) orders the boot. */
export const debianInit: SysvFlavour = {
  levels: updateRcd,
  header: ({ name, description }) => `### BEGIN INIT INFO
# Provides:          ${name}
# Required-Start:    $network $remote_fs
# Required-Stop:     $network $remote_fs
# X-Start-Before:    heartbeat
# X-Stop-After:      heartbeat
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: ${description}
### END INIT INFO`,
  locks: '/run/lock',
}

/** Debian 12 with sysvinit: packages and files as on Debian 12, services and routes as on CentOS 6. */
export const debian12Sysvinit: Platform = {
  ...debian12,
  name: 'Debian 12 with sysvinit',
  nfsUnits: ['nfs-kernel-server'],
  portmapUnits: ['rpcbind'],
  commands: { ...debian12.commands, ...sysvCommands, log: () => '/var/log/syslog', kernelLog: 'tac /var/log/kern.log' },
  systemUpgrade: undefined,
  service: sysvService(updateRcd),
  hostRoute: netToolsRoute,
  persistentRoutes: (routes, facts) => [packages(['net-tools']), ...debianRoutes(routes, facts)],
  heartbeatFollowed: () => [],
  atBoot: sysvAtBoot(debianInit),
}
