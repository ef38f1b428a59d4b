import { addresses } from './addresses.ts'
import type { Conflict, CrossCheck, DeclaredCluster } from './conflict.ts'
import { exports } from './exports.ts'
import { fencing } from './fencing.ts'
import { names } from './names.ts'
import { paths } from './paths.ts'
import { ports } from './ports.ts'
import { sameOnBoth } from './same-on-both.ts'
import { times } from './times.ts'

const checks: CrossCheck[] = [names, addresses, ports, times, paths, exports, fencing, sameOnBoth]

/** Pure: all conflicts between a cluster's values that are valid individually. */
export const conflictsOf = (cluster: DeclaredCluster): Conflict[] => checks.flatMap(check => check(cluster))
