import type { ClusterAssertion } from '../../../lib/role-api/index.ts'
import { clusterAssertion, inSync, refusedFor, statesOf } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { type Replica, replicaProbe } from '../drbd/replica.ts'
import { judgeDisks, refusals } from '../drbd/verdict.ts'

/**
 * Checks both nodes' disks before a volume, metadata or a file system is written to either of them. Check only. `first`: before the first
 * change of a play, and only if neither node has been in service.
 */
export const disks = ({ vars, platform }: Context, when: 'first' | 'always'): ClusterAssertion<Replica> =>
  clusterAssertion(when === 'first' ? 'disks before the first run' : 'disks of the pair', {
    probe: replicaProbe(vars),
    compare(members) {
      if (when === 'first' && statesOf(members).some(s => s.served)) return inSync
      return refusedFor(refusals(judgeDisks(members, vars, platform.commands.emptyDisk)))
    },
  })
