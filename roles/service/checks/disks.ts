import type { ClusterResource } from '../../../lib/resources/resource.ts'
import type { Context } from '../../role.ts'
import { type Replica, replicaProbe } from '../drbd/replica.ts'
import { judgeDisks, refusals } from '../drbd/verdict.ts'

/**
 * Both nodes' disks are judged before anything is written to either of them: a volume, metadata, a file system. Judges only. `first`: before the
 * first change of a play, and only while neither node has served.
 */
export const disks = ({ vars, platform }: Context, when: 'first' | 'always'): ClusterResource<Replica> => ({
  scope: 'cluster',
  id: when === 'first' ? 'disks before the first run' : 'disks of the pair',
  assertion: true,
  alters: 'itself',
  probe: replicaProbe(vars),
  changes(members) {
    const states = members.flatMap(m => (m.reading.kind === 'present' ? [m.reading.state] : []))
    if (when === 'first' && states.some(s => s.served)) return []
    return refusals(judgeDisks(members, vars, platform.commands.emptyDisk)) || []
  },
  apply: async () => undefined,
})
