import type { Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'

/** What heartbeat calls to end the other node, and what an operator or fence-test.yml calls for the same: a plugin of cluster-glue by its place. */
export const fenceProgram = ({ paths }: Pick<Platform, 'paths'>): string => `${paths.stonith}/external/nfsha`

/** Whom to end, by which plugin and with which parameters: root's alone. */
export const fenceConfig = ({ paths }: Pick<Platform, 'paths'>): string => `${paths.haDir}/nfsha-fence.conf`

/** As heartbeat names a node: heartbeat.c and stonith.c make every name lower case. */
export const heartbeatName = ({ node_name }: Pick<Vars, 'node_name'>): string => node_name.toLowerCase()
