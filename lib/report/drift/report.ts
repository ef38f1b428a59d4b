import type { Event } from '../../engine/events.ts'
import { atWork } from '../../resources/at-work.ts'
import type { Change } from '../../resources/verdict.ts'
import { changesOf, type HandlerEnd, type TaskEnd } from '../parts/wording.ts'
import { signalCodes } from '../stats.ts'

/** One difference between actual and declared state. */
export interface Finding {
  /** `differs`: a run repairs it. `wrong`: not repaired automatically. `unknown`: could not be read or judged. `unreachable`: the host. */
  kind: 'differs' | 'wrong' | 'unknown' | 'unreachable'
  cluster: string
  host: string
  role: string
  resource: string
  /** For `unknown`, why. */
  is: string
  /** Empty for `unknown`, and for `wrong` if `is` is a reason. */
  should: string
  /** `site.yml`, or the playbook with which an operator repairs it; missing when that is unknown. */
  repair?: string
  /** Code of a problem that no run repairs (docs/status.md). */
  code?: string
  /** False while a play runs or the cluster is in maintenance: reported without an alarm. */
  alarm: boolean
}

/** Somebody working on a cluster, who causes its differences. */
export interface Intervention {
  kind: 'play' | 'maintenance'
  cluster: string
  host: string
  who: string
}

/** The result of a drift run. The schema of `--report`, documented in docs/drift.md; `v` changes when a field changes its meaning. */
export interface DriftReport {
  v: 1
  run: string
  command: string
  started: string
  ended: string
  /** All hosts were read, and nothing ended the run early. */
  complete: boolean
  exitCode: number
  hosts: string[]
  /** Connections and execs on each host that was reached. */
  cost: { host: string; connections: number; execs: number }[]
  /** Number of resources that were judged. */
  checked: number
  findings: Finding[]
  interventions: Intervention[]
}

const shortest = 240
const cut = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > shortest ? `${line.slice(0, shortest - 1)}…` : line
}

const contentDiffers = (change: Change): Pick<Finding, 'is' | 'should'> => ({
  is: change.from === '' ? `no ${change.attribute}` : `other ${change.attribute}`,
  should: change.secret ? 'as declared (secret, not shown)' : 'as declared',
})

const valuesOf = (change: Change): Pick<Finding, 'is' | 'should'> => {
  if (change.diff || change.secret) return contentDiffers(change)
  const name = change.attribute
  return { is: cut(`${name} ${change.from || 'nothing'}`), should: cut(change.to || 'as the other node or the inventory says') }
}

type End = TaskEnd | HandlerEnd

const resourceOf = (event: End): string => (event.type === 'task-end' ? event.resource : event.handler)
const hostsOf = (event: End): string[] => (event.type === 'task-end' ? (event.hosts ?? [event.host]) : [event.host])

/** One finding for all differences of a resource that a run would repair; one for each difference that is not repaired automatically. */
const findingsOf = (event: End, playbook: string): Found[] => {
  const place = { cluster: event.cluster ?? '', host: hostsOf(event).join(','), role: event.role, resource: resourceOf(event) }
  const changes = changesOf(event)
  if (event.status === 'changed') {
    const values = changes.map(valuesOf)
    const join = (key: 'is' | 'should') => [...new Set(values.map(v => v[key]))].join(', ')
    return [{ kind: 'differs', ...place, is: join('is'), should: join('should'), repair: playbook }]
  }
  if (event.status === 'unknown') return [{ kind: 'unknown', ...place, is: cut(event.reason ?? 'not read'), should: '' }]
  // Skipped because it needs a missing host: report it as not read.
  if (event.status === 'skipped' && event.type === 'task-end' && event.pending === true)
    return [{ kind: 'unknown', ...place, is: cut(event.reason ?? 'not read'), should: '' }]
  if (event.status !== 'failed') return []
  if (changes.length === 0) return [{ kind: 'wrong', ...place, is: cut(event.error?.message ?? event.reason ?? 'wrong'), should: '' }]
  // Maintenance is reported as an intervention, whatever else has found it.
  return changes
    .filter(change => change.attribute !== atWork.maintenance)
    .map(change => ({
      kind: 'wrong' as const,
      ...place,
      host: change.host ?? place.host,
      // A problem for the operator has its own name, whichever resource found it.
      ...(change.remedy === undefined
        ? valuesOf(change)
        : {
            resource: change.attribute,
            is: cut(change.from),
            should: cut(change.to),
            repair: change.remedy,
            ...(change.code !== undefined && { code: change.code }),
          }),
    }))
}

/** Several roles judge the service; each difference is reported once. */
const withoutDoubles = (findings: Finding[]): Finding[] => {
  const key = (f: Finding) => [f.kind, f.cluster, f.host, f.resource, f.is, f.should].join('\0')
  const seen = new Map<string, Finding>()
  for (const finding of findings) if (!seen.has(key(finding))) seen.set(key(finding), finding)
  return [...seen.values()]
}

type Found = Omit<Finding, 'alarm'>

/** An unreachable host is reported once, and so is what could not be judged without it. */
const plainly = (found: Found[]): Found[] => {
  const away = new Set(found.flatMap(f => (f.kind === 'unreachable' ? [f.host] : [])))
  const waiting = new Map<string, Found[]>()
  const rest = found.filter(f => {
    if (f.kind === 'wrong' && away.has(f.host) && f.resource === 'node') return false
    // It was being read when the connection was lost.
    if (f.kind === 'unknown' && away.has(f.host) && /^the connection to .* was lost$/.test(f.is)) return false
    if (f.kind !== 'unknown' || !/^needs /.test(f.is)) return true
    const key = `${f.cluster} ${f.host} ${f.is}`
    waiting.set(key, [...(waiting.get(key) ?? []), f])
    return false
  })
  const together = [...waiting.values()].map(all => ({
    ...(all[0] as Found),
    role: '',
    resource: all.length === 1 ? (all[0]?.resource ?? '') : `${all.length} resources of the cluster`,
  }))
  return [...rest, ...together]
}

const interventionsOf = (event: TaskEnd): Intervention[] =>
  event.changes.map(change => ({
    kind: change.attribute === atWork.play ? 'play' : 'maintenance',
    cluster: event.cluster ?? '',
    host: change.host ?? event.host,
    who: cut(change.from),
  }))

/** Pure: summarizes the events of a drift run. `playbook`: repairs a declared difference; as the operator typed it. */
export const driftReport = (events: Event[], playbook: string): DriftReport => {
  const found: Found[] = []
  const workers: Intervention[] = []
  const hosts = new Set<string>()
  let checked = 0
  for (const event of events) {
    if (event.type === 'play-start') for (const host of event.hosts) hosts.add(host)
    if (event.type === 'host-unreachable') found.push(unreachable(event))
    if (event.type !== 'task-end' && event.type !== 'handler-end') continue
    if (event.status === 'ok' || event.status === 'changed' || event.status === 'failed') checked++
    const isAboutWork = event.type === 'task-end' && event.resource === atWork.resource
    if (isAboutWork && event.status === 'failed') workers.push(...interventionsOf(event))
    else found.push(...findingsOf(event, playbook))
  }
  const busy = new Set(workers.map(w => w.cluster))
  const findings = withoutDoubles(plainly(found).map(f => ({ ...f, alarm: !busy.has(f.cluster) })))
  const broken = events.some(e => e.type === 'interrupted' || e.type === 'internal-error' || e.type === 'locked')
  return {
    v: 1,
    run: events[0]?.run ?? '',
    command: playbook,
    started: events[0]?.time ?? '',
    ended: events.at(-1)?.time ?? '',
    complete: !broken && !findings.some(f => f.kind === 'unreachable'),
    exitCode: exitCodeOf(events, findings),
    hosts: [...hosts],
    cost: events.flatMap(e => (e.type === 'host-closed' ? [{ host: e.host, connections: e.connections, execs: e.execs }] : [])),
    checked,
    findings,
    interventions: workers,
  }
}

const unreachable = (event: Extract<Event, { type: 'host-unreachable' }>): Found => ({
  kind: 'unreachable',
  cluster: event.cluster ?? '',
  host: event.host,
  role: '',
  resource: 'connection',
  is: cut(event.message),
  should: 'reachable',
})

const exitCodeOf = (events: Event[], findings: Finding[]): number => {
  const ending = events.find(e => e.type === 'internal-error' || e.type === 'interrupted')
  if (ending?.type === 'internal-error') return 1
  if (ending?.type === 'interrupted') return signalCodes[ending.signal]
  const alarms = findings.filter(f => f.alarm)
  if (alarms.some(f => f.kind === 'unreachable')) return 4
  return alarms.length > 0 ? 5 : 0
}
