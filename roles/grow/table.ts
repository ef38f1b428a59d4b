import type { ClusterAssertion, Table } from '../../lib/role-api/index.ts'
import { clusterAssertion, inSync, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { exactly, type Sizes, sizesOf, summaryOf } from './sizes.ts'
import { type NodeSizes, sizesProbe } from './state.ts'

const row = (what: string, { now, grown }: { now: number; grown: number }): string[] => [
  what,
  now === 0 ? 'not known' : exactly(now),
  grown > now && now > 0 ? exactly(grown) : 'the same',
]

/** Pure: the current and possible size of all layers below the share. */
export const sizesTable = (sizes: Sizes, cluster: string, { drbd_device: device, nfs_export_path: path }: Context['vars']): Table => ({
  title: `${cluster}: ${summaryOf(sizes)}`,
  columns: ['', 'now', 'grown'],
  rows: [
    ...sizes.disks.map(d => row(`${d.disk} of ${d.host}`, d)),
    row(device, sizes.device),
    row(`file system of ${path}`, sizes.fileSystem),
  ],
})

/** Shows the sizes; reports no problem. */
export const sizesShown = (context: Context): ClusterAssertion<NodeSizes> =>
  clusterAssertion('sizes', {
    probe: sizesProbe(context),
    compare: () => inSync,
    table: members =>
      sizesTable(
        sizesOf(statesOf(members), host => contextAt(context, host).vars),
        context.cluster.name,
        context.vars,
      ),
  })
