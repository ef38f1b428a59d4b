import type { Plan } from '../../lib/role-api/index.ts'
import { planOf, refused } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import type { NamedCopy } from '../service/copies/copy.ts'
import { newestOf } from '../service/copies/newest.ts'
import { bringUp, planAlone, startHeartbeat, takeProblems, untilItServes } from '../service/copies/take.ts'

const isConnected = ({ device }: NamedCopy): boolean => /^(Connected|Sync|PausedSync|Verify)/.test(device?.connection ?? '')

/** Pure: why nothing is started, whichever nodes were read. */
const problems = (copies: NamedCopy[], missing: string[]): string | undefined => {
  const active = copies.filter(c => c.vip)
  if (active.length > 1) return 'both nodes have the virtual IP: run nfsha-play status.yml first'
  if (copies.every(c => c.served === '')) return 'no node that was read has ever served: nfsha-play site.yml starts a new pair'
  const marked = missing.length > 0 ? undefined : copies.find(c => c.maintenance !== undefined)
  if (marked)
    return `the pair is in maintenance (${marked.maintenance || 'marked'}): nfsha-play maintenance.yml -e ha_maintenance=none ends it`
  const alone = copies.find(c => c.device?.connection === 'StandAlone')
  if (alone)
    return `DRBD is StandAlone on ${alone.host}: the nodes connected and refused each other, perhaps a split brain: nfsha-play split-brain.yml`
  return undefined
}

/** Only one node was read: its copy must be known to be the newest, or the operator must confirm it. */
const planOne = (copy: NamedCopy, missing: string[], done: readonly string[], context: Context): Plan => {
  const { ha_start_alone: named, ha_stage } = context.vars
  const { host, device } = copy
  const other = missing[0] ?? ''
  if (copy.vip) return planOf([])
  if (named !== undefined && named !== host) return refused(`ha_start_alone=${named}: ${named} was not read`)
  if (ha_stage === 'vip' || device?.disk === 'UpToDate') return planAlone(copy, other, done, context)
  if (named === undefined)
    return refused(
      `${newestOf([copy], missing).why}. Start ${other} and run this again: DRBD compares the copies when the nodes connect. Only if ${other} is gone for good: -e ha_start_alone=${host}`,
    )
  const [problem] = takeProblems(copy, missing, ['Consistent'])
  return problem === undefined ? planAlone(copy, other, done, context) : refused(problem)
}

/**
 * Both nodes were read: DRBD must have connected, because only then the older copy knows that it is older. The node with the newest copy
 * serves first.
 */
const planBoth = (copies: NamedCopy[], context: Context): Plan => {
  const apart = context.vars.ha_stage === 'vip' ? [] : copies.filter(c => !isConnected(c))
  const { host: newest, why, isSplit } = newestOf(copies, [])
  const serving = copies.find(c => c.vip)
  if (isSplit && apart.length > 0) return refused(`${why}: nfsha-play split-brain.yml`)
  const good = copies.filter(c => c.device?.disk === 'UpToDate')
  if (context.vars.ha_stage === 'full' && apart.length === 0 && good.length === 0) return refused(why)
  const stopped = copies.filter(c => !c.heartbeat).map(c => c.host)
  const inOrder = serving === undefined && newest !== undefined && good.length < 2
  const first = stopped.filter(host => !inOrder || host === newest)
  const later = stopped.filter(host => !first.includes(host))
  return planOf([
    apart.length > 0 && {
      name: 'wait until the nodes have connected',
      settle: 60_000,
      changes: apart.map(c => ({
        attribute: `DRBD on ${c.host}`,
        from: c.device?.connection ?? 'down',
        to: 'Connected (the replication link)',
      })),
      run: async () => undefined,
    },
    first.length > 0 && startHeartbeat(first, context),
    serving === undefined && untilItServes(inOrder ? newest : 'one of them', context),
    later.length > 0 && startHeartbeat(later, context),
  ])
}

/** Pure: the steps that bring the service back on a pair that has been in service, or why it is not brought back. */
export const planStart = (copies: NamedCopy[], missing: string[], done: readonly string[], context: Context): Plan => {
  const [one] = copies
  if (!one) return refused('no node could be read')
  const problem = problems(copies, missing)
  if (problem !== undefined) return refused(problem)
  const { ha_start_alone: alone, ha_stage } = context.vars
  if (missing.length === 0 && alone !== undefined)
    return refused(
      `ha_start_alone=${alone}: both nodes were read, so neither starts alone: without it the newest copy is found and both are started`,
    )
  const down = ha_stage === 'vip' ? [] : copies.filter(c => !c.device).map(c => c.host)
  if (down.length > 0) return planOf([bringUp(down, context)])
  return missing.length > 0 ? planOne(one, missing, done, context) : planBoth(copies, context)
}
