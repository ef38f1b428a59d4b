import type { Cost, PhaseTimes, ProfileSpan, RunProfile } from '../../engine/events.ts'
import type { Table } from '../../resources/resource.ts'
import { bytes, duration } from '../../text/amounts.ts'
import type { Palette } from '../parts/palette.ts'
import { tableLines } from '../parts/table.ts'

export const phases = ['connect', 'read', 'lock', 'apply', 'verify', 'wait'] as const satisfies (keyof PhaseTimes)[]

/** Legend of the columns, for all formats. */
export const profileNote =
  'wait: for other hosts of the cluster, or for its turn (--forks). sent, received: scripts, input and output, without what ssh adds. ' +
  'forks: roughly how many processes the host started meanwhile, including those of other programs.'

/** Number of the longest spans that are listed. */
const shown = 5

/** The profile as tables: by host, by role, and what took longest. Pure. */
export const profileTables = ({ ms, hosts, roles }: RunProfile): Table[] => [
  {
    title: `PROFILE by host, ${duration(ms)}`,
    columns: ['host', ...phases, ...costColumns],
    rows: hosts.map(h => [h.host, ...timesOf(h.times), ...costsOf(h)]),
  },
  {
    title: 'PROFILE by role, all hosts together',
    columns: ['role', ...phases, ...costColumns],
    rows: roles.map(r => [r.role === '' ? '(none)' : r.role, ...timesOf(r.times), ...costsOf(r)]),
  },
  { title: 'PROFILE: what took longest', columns: ['host', 'role', 'resource', 'phase', 'time'], rows: longest(hosts) },
]

const costColumns = ['execs', 'sent', 'received', 'forks']

const timesOf = (times: PhaseTimes): string[] => phases.map(phase => (times[phase] === 0 ? '-' : duration(times[phase])))

const costsOf = ({ execs, sent, received, forks }: Cost): string[] => [
  String(execs),
  bytes(sent),
  bytes(received),
  forks === undefined ? '-' : String(forks),
]

const longest = (hosts: RunProfile['hosts']): string[][] => {
  const all = hosts.flatMap(({ host, spans }) => spans.flatMap(s => (s.resource === undefined ? [] : [{ host, ...s }])))
  return all
    .sort((a: ProfileSpan, b: ProfileSpan) => b.ms - a.ms)
    .slice(0, shown)
    .map(s => [s.host, s.role ?? '', s.resource ?? '', s.phase, duration(s.ms)])
}

/** The profile for a terminal, a pipe or a log. Pure. */
export const profileLines = (profile: RunProfile, colors: Palette, limit?: number): string[] => [
  ...profileTables(profile)
    .filter(table => table.rows.length > 0)
    .flatMap(table => ['', ...tableLines(table, colors, limit)]),
  colors.faint(profileNote),
]
