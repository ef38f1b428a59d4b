import type { ClusterNodes, Plan, Procedure } from '../../lib/role-api/index.ts'
import { describeDevice, planOf, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { followSync } from '../service/drbd/follow.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'
import { compareCopies, type Range, reconnectStandby } from './compare.ts'

const mostShown = 20
const compare = 'compare both copies'
const repair = 'copy the blocks that differ'

/** Shows the position of the first ranges, in bytes of the device. */
const showRanges = (nodes: ClusterNodes, ranges: Range[], device: string): void => {
  if (ranges.length === 0) return
  const rest = ranges.length - mostShown
  nodes.show({
    title: `${device}: ${ranges.length} ranges differ${rest > 0 ? `, the first ${mostShown}` : ''}`,
    columns: ['first byte', 'bytes'],
    rows: ranges.slice(0, mostShown).map(r => [String(r.start * 512), String(r.size * 512)]),
  })
}

/** Pure: why the copies cannot be compared now. */
const problemOf = (states: NamedState[], { ha_stack }: Context['vars']): string | undefined => {
  if (ha_stack === 'article') return 'ha_stack: article sets no verify-alg, without which DRBD cannot compare'
  const bad = states.find(s => !/^(Connected|Verify[ST])$/.test(s.device?.connection ?? '') || s.device?.disk !== 'UpToDate')
  if (bad) return `only two complete copies can be compared: DRBD on ${bad.host} is ${bad.device ? describeDevice(bad.device) : 'down'}`
  return undefined
}

/** Pure: the comparison, and, if blocks differ and the operator requested it, the copy from the active node. */
export const planVerify = (states: NamedState[], done: readonly string[], context: Context): Plan => {
  const { vars } = context
  const problem = problemOf(states, vars)
  // While blocks are being copied, the standby is not a complete copy.
  if (problem !== undefined && !done.includes(repair)) return refused(problem)
  const active = states.find(s => s.vip)
  const standby = states.find(s => s !== active)
  const differ = Math.max(...states.map(s => s.device?.outOfSync ?? 0))
  if (!done.includes(compare))
    return planOf([
      {
        name: compare,
        // The marks are read at once; waiting would not reduce them.
        settle: 1000,
        changes: [{ attribute: 'copies', from: 'not compared', to: 'compared, block by block' }],
        async run(nodes) {
          const ranges = await compareCopies(nodes, standby?.host ?? states[0]?.host ?? '', vars)
          showRanges(nodes, ranges, vars.drbd_device)
          if (ranges.length === 0) nodes.remark('both copies are identical')
        },
      },
    ])
  if (differ === 0 && problem === undefined) return planOf([])
  if (!vars.drbd_verify_repair)
    return refused(
      `${differ} KiB differ between the nodes. Nothing was repaired: -e drbd_verify_repair=true copies them from the node that serves. Look for the cause first: a disk or a controller that loses writes, flushes switched off`,
    )
  if (!active || !standby) return refused(`${differ} KiB differ, and no node serves, so it is not known whose blocks are right`)
  return planOf([
    {
      name: repair,
      settle: 60_000,
      changes: [{ attribute: `${differ} KiB on ${standby.host}`, from: `different from ${active.host}`, to: `copied from ${active.host}` }],
      async run(nodes) {
        await reconnectStandby(nodes, standby.host, vars)
        await followSync(nodes, active.host, vars.drbd_device, 30)
      },
    },
  ])
}

const verified = (context: Context): Procedure<ServiceState, undefined> => ({
  scope: 'cluster',
  id: 'both copies are identical',
  probe: serviceProbe(context),
  aim: () => undefined,
  plan: (members, _aim, done) => planVerify(statesOf(members), done, context),
})

export const verify: Role = {
  name: 'verify',
  summary: 'compares both copies block by block while clients work (drbdadm verify), and repairs differences if requested',
  steps: context => [verified(context)],
}
