import type { ActivityPhase, Cost, Event, HostProfile, PhaseTimes, ProfileSpan, RoleProfile, RunProfile } from '../../engine/events.ts'

/** The phase of a host from a moment on, ms since the run began. */
interface Moment {
  phase: ActivityPhase
  at: number
  role?: string
  resource?: string
}

type Exec = Extract<Event, { type: 'exec' }>

/** An exec with data that is not in its own event. */
interface Counted {
  exec: Exec
  /** Run only to read the count of processes: not a cost of the run. */
  isExtra: boolean
  role: string
}

/** Where the time of a run went, from its events. Pure; undefined when they were recorded without `--profile`. */
export const profileOf = (events: readonly Event[]): RunProfile | undefined => {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last || !events.some(e => e.type === 'activity')) return undefined
  const began = Date.parse(first.time)
  const ms = Date.parse(last.time) - began
  const moments = momentsOf(events, began)
  const execs = execsOf(events, moments, began)
  const hosts = [...moments].map(([host, course]) => hostProfile(host, course, execs.get(host) ?? [], ms))
  return { ms, hosts, roles: rolesOf(hosts, execs) }
}

const momentsOf = (events: readonly Event[], began: number): Map<string, Moment[]> => {
  const moments = new Map<string, Moment[]>()
  for (const event of events) {
    if (event.type !== 'activity') continue
    const { phase, role, resource } = event
    const moment = {
      phase,
      at: Date.parse(event.time) - began,
      ...(role !== undefined && { role }),
      ...(resource !== undefined && { resource }),
    }
    for (const host of event.hosts) {
      const course = moments.get(host) ?? []
      course.push(moment)
      moments.set(host, course)
    }
  }
  return moments
}

/** The execs of each host in the order in which they began, with the role of the host at that time. */
const execsOf = (events: readonly Event[], moments: Map<string, Moment[]>, began: number): Map<string, Counted[]> => {
  const closed = new Set<string>()
  const execs = new Map<string, Counted[]>()
  for (const event of events) {
    if (event.type === 'host-closed') closed.add(event.host)
    if (event.type !== 'exec') continue
    const role = moments.get(event.host)?.findLast(m => m.at <= event.from - began)?.role ?? ''
    const all = execs.get(event.host) ?? []
    all.push({ exec: event, isExtra: closed.has(event.host), role })
    execs.set(event.host, all)
  }
  for (const all of execs.values()) all.sort((a, b) => a.exec.from - b.exec.from)
  return execs
}

const kindOf: Record<Exclude<ActivityPhase, 'end'>, keyof PhaseTimes> = {
  queue: 'wait',
  connect: 'connect',
  read: 'read',
  lock: 'lock',
  apply: 'apply',
  verify: 'verify',
  barrier: 'wait',
}

const noTimes = (): PhaseTimes => ({ connect: 0, read: 0, lock: 0, apply: 0, verify: 0, wait: 0 })

const hostProfile = (host: string, course: Moment[], execs: Counted[], end: number): HostProfile => {
  const spans = spansOf(course, end)
  const times = noTimes()
  for (const { phase, ms } of spans) times[phase] += ms
  return { host, times, ...costOf(execs, execs), spans }
}

const spansOf = (course: Moment[], end: number): ProfileSpan[] => {
  const spans: ProfileSpan[] = []
  for (const [i, { phase, at, role, resource }] of course.entries()) {
    const ms = (course[i + 1]?.at ?? end) - at
    if (phase === 'end' || ms <= 0) continue
    const kind = kindOf[phase]
    const last = spans.at(-1)
    // A wait covers everything that the other hosts do meanwhile, so it is charged to a role, not to a resource.
    const of = { ...(role !== undefined && { role }), ...(resource !== undefined && kind !== 'wait' && { resource }) }
    if (last && last.phase === kind && last.from + last.ms === at && last.role === of.role && last.resource === of.resource) last.ms += ms
    else spans.push({ phase: kind, from: at, ms, ...of })
  }
  return spans
}

/** Cost of some of a host's execs. An exec started as many processes as the count rose from before it to before the next one. */
const costOf = (execs: Counted[], all: Counted[]): Cost => {
  const own = execs.filter(e => !e.isExtra)
  const told = all.filter(e => e.exec.processes !== undefined)
  const forks = told.flatMap((one, i) => {
    const next = told[i + 1]?.exec.processes
    const started = next === undefined ? undefined : next - (one.exec.processes ?? 0)
    // A lower count than before: the host was booted meanwhile.
    return started === undefined || started < 0 || !execs.includes(one) ? [] : [started]
  })
  return {
    execs: own.length,
    sent: sum(own.map(e => e.exec.sent)),
    received: sum(own.map(e => e.exec.received)),
    ...(forks.length > 0 && { forks: sum(forks) }),
  }
}

const rolesOf = (hosts: HostProfile[], execs: Map<string, Counted[]>): RoleProfile[] => {
  const names = new Set([
    ...hosts.flatMap(h => h.spans.map(s => s.role ?? '')),
    ...[...execs.values()].flatMap(all => all.filter(e => !e.isExtra).map(e => e.role)),
  ])
  return [...names].map(role => {
    const times = noTimes()
    for (const { phase, ms, role: own = '' } of hosts.flatMap(h => h.spans)) if (own === role) times[phase] += ms
    const costs = [...execs.values()].map(all =>
      costOf(
        all.filter(e => e.role === role),
        all,
      ),
    )
    const forks = costs.flatMap(c => c.forks ?? [])
    return {
      role,
      times,
      execs: sum(costs.map(c => c.execs)),
      sent: sum(costs.map(c => c.sent)),
      received: sum(costs.map(c => c.received)),
      ...(forks.length > 0 && { forks: sum(forks) }),
    }
  })
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0)
