import type { ClusterStatus, NodeStatus, Service } from '../../resources/cluster-status.ts'
import type { StatusReport } from '../views/status-view.ts'

type Labels = Record<string, string>

interface Sample {
  labels: Labels
  value: number
}

interface Metric {
  name: string
  help: string
  samples: Sample[]
}

/** Exposition format: backslash, quote and newline are escaped in a label. It has no escape for a tab, which becomes a space. */
const escaped = (value: string): string =>
  value.replaceAll('\t', ' ').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const sampleLine = (name: string, { labels, value }: Sample): string =>
  `${name}{${Object.entries(labels)
    .map(([key, text]) => `${key}="${escaped(text)}"`)
    .join(',')}} ${value}`

/** One sample for each node with a value; what was not read has none. */
type OfNode = (node: NodeStatus) => number | boolean | null

const services: readonly Service[] = ['served', 'not-served', 'not-known', 'on-both']
const verdicts: readonly ClusterStatus['verdict']['state'][] = ['healthy', 'degraded', 'down', 'not-known']

const device = (node: NodeStatus) => (node.drbd?.configured ? node.drbd : null)

/** Metrics with a sample for each node, in the order in which they are printed. */
const ofNodes: readonly [name: string, help: string, of: OfNode][] = [
  ['node_read', 'Whether the node was read completely.', n => n.read === 'completely'],
  ['virtual_ip', 'Whether the node has the virtual IP.', n => n.virtualIp],
  ['heartbeat_running', 'Whether heartbeat runs on the node.', n => (n.heartbeat === null ? null : n.heartbeat !== 'stopped')],
  ['mounted', 'Whether the share is mounted.', n => (n.mounted === null ? null : n.mounted !== 'no')],
  ['drbd_connected', 'Whether DRBD is connected, a resynchronisation included.', n => connected(n)],
  ['drbd_primary', 'Whether DRBD is Primary.', n => device(n) && device(n)?.role === 'Primary'],
  ['drbd_up_to_date', "Whether the node's copy is UpToDate.", n => device(n) && device(n)?.disk === 'UpToDate'],
  ['drbd_io_suspended', 'Whether DRBD suspends I/O.', n => device(n)?.suspended ?? null],
  ['drbd_out_of_sync_kib', 'KiB that differ between the nodes.', n => device(n)?.outOfSyncKiB ?? null],
  ['drbd_resync_percent', 'Progress of a resynchronisation; absent when none runs.', n => device(n)?.resync?.percent ?? null],
  ['drbd_resync_seconds_left', 'Seconds left of a resynchronisation; absent when none runs.', n => device(n)?.resync?.secondsLeft ?? null],
  ['nfsd_threads', 'Threads of nfsd.', n => n.nfsd?.threads ?? null],
  ['nfs_clients', 'NFSv4 clients that nfsd knows.', n => n.clients?.length ?? null],
  ['last_handover_timestamp_seconds', 'When the active node became active, by its own clock.', n => n.servingSince],
]

const connected = (node: NodeStatus): boolean | null => {
  const found = device(node)
  return found && /^(Connected|Sync|PausedSync|Verify)/.test(found.connection)
}

const perNode = (clusters: ClusterStatus[], name: string, help: string, of: OfNode): Metric => ({
  name,
  help,
  samples: clusters.flatMap(({ cluster, nodes }) =>
    nodes.flatMap(node => {
      const value = of(node)
      return value === null ? [] : [{ labels: { cluster, node: node.host }, value: Number(value) }]
    }),
  ),
})

/** A sample for each possible word of a state; the current one has the value 1. */
const stateSet = (clusters: ClusterStatus[], words: readonly string[], of: (status: ClusterStatus) => string): Sample[] =>
  clusters.flatMap(status => words.map(state => ({ labels: { cluster: status.cluster, state }, value: Number(of(status) === state) })))

const metricsOf = ({ clusters, time }: StatusReport): Metric[] => [
  {
    name: 'service',
    help: 'Whether the service is served, as far as that was read.',
    samples: stateSet(clusters, services, c => c.service),
  },
  { name: 'verdict', help: 'Overall state.', samples: stateSet(clusters, verdicts, c => c.verdict.state) },
  {
    name: 'holder',
    help: 'Whether the node is active; no sample is 1 while no node is, or while that is not known.',
    samples: clusters.flatMap(({ cluster, holder, nodes }) =>
      nodes.map(({ host }) => ({ labels: { cluster, node: host }, value: Number(holder === host) })),
    ),
  },
  {
    name: 'redundant',
    help: 'Whether the other node can take over; absent when that is not known.',
    samples: clusters.flatMap(({ cluster, verdict }) =>
      verdict.redundant === null ? [] : [{ labels: { cluster }, value: Number(verdict.redundant) }],
    ),
  },
  {
    name: 'problem',
    help: 'Causes of what is wrong now, by their codes (docs/status.md).',
    samples: clusters.flatMap(({ cluster, problems }) => {
      const codes = [...new Set(problems.map(p => p.code))]
      return codes.map(code => ({ labels: { cluster, code }, value: problems.filter(p => p.code === code).length }))
    }),
  },
  ...ofNodes.map(([name, help, of]) => perNode(clusters, name, help, of)),
  {
    name: 'link_up',
    help: 'Whether heartbeat hears the other node on the link.',
    samples: clusters.flatMap(({ cluster, nodes }) =>
      nodes.flatMap(({ host, links }) =>
        (links ?? []).map(({ nic, state }) => ({ labels: { cluster, node: host, nic }, value: Number(state === 'up') })),
      ),
    ),
  },
  {
    name: 'space_used_percent',
    help: 'Used space of a file system.',
    samples: clusters.flatMap(({ cluster, nodes }) =>
      nodes.flatMap(({ host, space }) =>
        (space ?? []).map(({ mount, usedPercent }) => ({ labels: { cluster, node: host, mount }, value: usedPercent })),
      ),
    ),
  },
  {
    name: 'status_timestamp_seconds',
    help: 'When the state was read.',
    samples: clusters.map(({ cluster }) => ({ labels: { cluster }, value: Math.round(Date.parse(time) / 1000) })),
  },
]

/** Pure: the states in Prometheus' text format, for the textfile collector. A metric without samples is left out. */
export const prometheusText = (report: StatusReport): string =>
  metricsOf(report)
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      const full = `nfsha_${name}`
      return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${samples.map(sample => `${sampleLine(full, sample)}\n`).join('')}`
    })
    .join('')
