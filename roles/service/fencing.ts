import type { Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'

/** The cluster-glue plugin with which heartbeat, an operator or fence-test.yml resets the other node. */
export const fenceProgram = ({ paths }: Pick<Platform, 'paths'>): string => `${paths.stonith}/external/nfsha`

/** Its settings: the node to reset, the plugin and its parameters. Readable by root only. */
export const fenceConfig = ({ paths }: Pick<Platform, 'paths'>): string => `${paths.haDir}/nfsha-fence.conf`

/** A node's name in heartbeat: heartbeat.c and stonith.c convert every name to lower case. */
export const heartbeatName = ({ node_name }: Pick<Vars, 'node_name'>): string => node_name.toLowerCase()
