import type { ClusterAssertion, Member, Table } from '../../../lib/role-api/index.ts'
import { clusterAssertion, describeDevice, inSync, statesOf } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { whyUnread } from '../state/unread.ts'
import { type Copy, copyProbe, lostAt } from './copy.ts'
import { newestOf } from './newest.ts'

/** The nodes that were not read. */
export const missingOf = (members: Member<unknown>[]): string[] => members.filter(m => m.reading.kind !== 'present').map(m => m.host)

const date = (seconds: number): string => (seconds === 0 ? 'not known' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'))

const flagsOf = ({ generation }: Copy): string => {
  if (!generation) return '-'
  const { consistent, upToDate, primary, peerOutdated, crashedPrimary } = generation
  const said: [boolean, string][] = [
    [consistent, 'consistent'],
    [upToDate, 'was up to date'],
    [primary, 'was Primary'],
    [peerOutdated, 'the other is outdated'],
    [crashedPrimary, 'was Primary when it went down'],
  ]
  return said.flatMap(([is, text]) => (is ? [text] : [])).join(', ') || 'none'
}

/** Pure: the facts that an operator compares before trusting a copy. */
export const copiesTable = (members: Member<Copy>[], cluster: string): Table => {
  const row = (title: string, answer: (copy: Copy) => string): string[] => [
    title,
    ...members.map(m => (m.reading.kind === 'present' ? answer(m.reading.state) : whyUnread(m))),
  ]
  const { host, why } = newestOf(statesOf(members), missingOf(members))
  return {
    title: `${cluster}: ${host === undefined ? '' : `newest copy on ${host}: `}${why}`,
    columns: ['', ...members.map(m => m.host)],
    rows: [
      row('DRBD', c => (c.device ? describeDevice(c.device) : 'no device')),
      row('out of sync', c => (c.device ? `${c.device.outOfSync} KiB` : '-')),
      row('generation', c => c.generation?.uuids.current ?? '-'),
      row('flags', flagsOf),
      row('ext4 superblock written', c => date(c.written)),
      row('lost the other node', c => lostAt(c) ?? 'not in its log'),
      row(
        'the other node answers',
        c =>
          c.answers
            .map(a => `on ${a.replace(/^.* over /, '')}`)
            .sort()
            .join(', ') || 'no',
      ),
      row('heartbeat', c => (c.heartbeat ? 'running' : 'stopped')),
    ],
  }
}

/** Shows both copies and which is the newest; reports no problem. */
export const copies = (context: Context): ClusterAssertion<Copy> =>
  clusterAssertion('copies of the data', {
    allowMissing: true,
    probe: copyProbe(context),
    compare: () => inSync,
    table: members => copiesTable(members, context.cluster.name),
  })
