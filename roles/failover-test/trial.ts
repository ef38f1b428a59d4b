import { setTimeout as delay } from 'node:timers/promises'
import { knownSecrets } from '../../lib/text/secrets.ts'
import { milliseconds } from '../service/heartbeat-time.ts'
import type { Vars } from '../vars.ts'
import type { Bench } from './bench.ts'
import { awaitWhole, connectionTo, look } from './bench.ts'
import type { Work } from './clients.ts'
import { deadClient, readRecords, removeWork, startWork } from './clients.ts'
import type { ClockSample, Stop } from './clock.ts'
import { measureClock, toOurs } from './clock.ts'
import type { After, Course } from './course.ts'
import { comeBack, makeAll } from './course.ts'
import type { Timed } from './damage.ts'
import { damageOf, thinned, timed } from './damage.ts'
import type { DeadClient } from './dead-client.ts'
import { isDark } from './make.ts'
import { eventsOf, logScript } from './node-log.ts'
import type { NodeState } from './observe.ts'
import { serves } from './observe.ts'
import type { Planned } from './plan.ts'
import type { Trial } from './record.ts'
import { problemsOf } from './record.ts'
import { reported } from './reported.ts'
import type { Surrounded } from './surround.ts'
import { surround } from './surround.ts'

/** Seconds until the pair must be whole, or no fault is made. */
const limit = 300
/** Seconds that clients work undisturbed before the fault, and after the pair is whole again. */
const calm = 5
/** Seconds that the nodes have to notice a surrounding before the fault. */
const settling = 20

/** Makes one fault and undoes it, whatever happens in between, and says what it did to the clients. Throws `ApplyFailed` when no fault could be made. */
export const runTrial = async (bench: Bench, planned: Planned, say: (text: string) => void): Promise<Trial> => {
  const { fault, surrounding, run } = planned
  say('wait until the pair is whole')
  let holder = holderOf(bench, await awaitWhole(bench, limit))
  const clocks = new Map<string, ClockSample[]>()
  await measureClocks(bench, clocks)
  say('the clients begin')
  const work = await startWork(bench, `${fault.name}-${run}-${Date.now()}`)
  let dead: DeadClient | undefined
  let around: Surrounded | undefined
  try {
    if (!surrounding) dead = await deadClient(bench, work, say)
    const usual = surrounding ? await reported(bench) : []
    if (surrounding) {
      around = await surround(bench, surrounding, holder, work, say)
      // The nodes get used to it, and a clock may have been set.
      await delay(settling * 1000, undefined, { signal: bench.hosts.signal })
      await measureClocks(bench, clocks)
    }
    await delay(calm * 1000, undefined, { signal: bench.hosts.signal })
    // The surrounding alone may have moved the service.
    if (surrounding) holder = holderOf(bench, await look(bench)) || holder
    const news = surrounding ? (await reported(bench)).filter(text => !usual.includes(text)) : []
    const course = await makeAll(bench, fault, { holder, clocks, say, around })
    say('wait until the pair is whole again')
    const after = await comeBack(bench, course.boots)
    await delay(calm * 1000)
    await measureClocks(bench, clocks)
    say('read what is left')
    return await recordOf(bench, planned, { holder, course, after, clocks, work, news })
  } finally {
    await around?.restore().catch(() => undefined)
    await dead?.end()
    await Promise.all(work.byClient.map(w => w.workload.stop().catch(() => undefined)))
    await removeWork(bench, work)
  }
}

const holderOf = (bench: Bench, states: NodeState[]): string => states.find(s => serves(s, bench.vars.ha_stage))?.host ?? ''

/** A host that does not answer keeps the measurements that there are. */
const measureClocks = async (bench: Bench, clocks: Map<string, ClockSample[]>): Promise<void> => {
  for (const host of [...bench.nodes, ...bench.clients].filter(h => !bench.dark.has(h))) {
    const sample = await measureClock(connectionTo(bench, host)).catch(() => undefined)
    if (sample) clocks.set(host, [...(clocks.get(host) ?? []), sample])
  }
}

interface Seen {
  holder: string
  course: Course
  after: After
  clocks: Map<string, ClockSample[]>
  work: Work
  /** What status.yml and drift reported of the surrounding before the fault. */
  news: string[]
}

const recordOf = async (bench: Bench, { fault, surrounding, run }: Planned, seen: Seen): Promise<Trial> => {
  const { course, after, clocks, work, news } = seen
  const faultAt = course.made[0]?.at ?? course.undoneAt
  const ms = (at: number) => Math.round(1000 * (at - faultAt))
  const ours = (host: string) => (at: number) => toOurs(at, clocks.get(host) ?? [])
  // A pair that did not come back lets no client go; what was seen until then is told all the same.
  const stopped = Promise.all(work.byClient.map(w => w.workload.stop()))
  await (after.wholeAt === undefined ? stopped.catch(() => undefined) : stopped)
  const isTolerated = (o: Timed) => !o.ok && surrounding?.tolerated?.test(o.detail) === true
  const operations = work.byClient.flatMap(w => timed(w.workload.operations(), ours(w.client), faultAt)).filter(o => !isTolerated(o))
  const damage = damageOf(operations, await readRecords(bench, work), ms(course.undoneAt))
  const events = (
    await Promise.all(bench.nodes.map(host => readEvents(bench, host, faultAt, clocks.get(host) ?? [], stopOf(course, host))))
  ).flat()
  const first = (kind: string) =>
    events.filter(e => e.kind === kind && e.at >= -500).reduce<number | undefined>((a, e) => Math.min(a ?? e.at, e.at), undefined)
  const [detected, tookOver] = course.expected === 'stays' ? [first('notices'), undefined] : [first('notices'), first('serves')]
  const trial: Omit<Trial, 'problems'> = {
    fault: surrounding ? `${fault.name}+${surrounding.name}` : fault.name,
    title: surrounding ? `${fault.title}, ${surrounding.title}` : fault.title,
    ...(fault.article !== undefined && { article: fault.article }),
    stack: bench.vars.ha_stack,
    run,
    madeAt: new Date(faultAt * 1000).toISOString(),
    holder: seen.holder,
    hosts: bench.nodes,
    silences: course.made.some(m => isDark(m.act) && m.act.kind !== 'reboot'),
    on: [...new Set(course.made.map(m => m.host))],
    undo: fault.undo,
    expected: course.expected,
    ...(course.actual !== undefined && { actual: course.actual }),
    ...(course.endReached !== undefined && { endReached: ms(course.endReached) }),
    ...(detected !== undefined && { detected }),
    ...(tookOver !== undefined && { tookOver }),
    ...(course.unmarked !== undefined && { unmarked: course.unmarked }),
    ...(surrounding && {
      surrounding: {
        name: surrounding.name,
        mustBeReported: surrounding.reported ?? false,
        reported: news,
        ...(course.refused !== undefined && { refused: course.refused }),
        problems: course.seen,
        usualMs: usualLimit(bench.vars),
      },
    }),
    undoneAt: ms(course.undoneAt),
    ...(after.wholeAt !== undefined && { wholeAt: ms(after.wholeAt) }),
    stateAfter: after.state,
    ...(after.discarded !== undefined && { discarded: after.discarded }),
    ...damage,
    clocks: Object.fromEntries(
      [...clocks].map(([host, samples]) => [
        host,
        samples.map(s => ({ offset: Math.round(s.offset * 1000), error: Math.round(s.error * 1000) })),
      ]),
    ),
    deadClient: bench.vars.failover_dead_client !== undefined && work.mounts.length > 0,
    operations: thinned(
      operations.filter(o => o.at + o.took > -10_000),
      500,
    ),
    events: events.sort((a, b) => a.at - b.at),
  }
  return { ...trial, problems: problemsOf(trial) }
}

/**
 * ms that a client may wait in a surrounding which nothing reports: what heartbeat needs to find a node dead, twice, and the 20 s that a takeover takes
 * at most on an emulated machine.
 */
const usualLimit = (vars: Vars): number => 2 * milliseconds(vars.heartbeat_deadtime) + 20_000

const stopOf = (course: Course, host: string): Stop | undefined => {
  const made = course.made.find(m => m.host === host && isDark(m.act))
  return made && { from: made.at, ...(made.act.kind === 'freeze' && { until: course.undoneAt }) }
}

const readEvents = async (bench: Bench, host: string, faultAt: number, samples: ClockSample[], stop: Stop | undefined) => {
  const behind = Math.max(...samples.map(s => Math.abs(s.offset)), 0)
  const { stdout } = await connectionTo(bench, host)
    .run(logScript(faultAt - behind - 5), { timeout: 120_000, maxOutput: 64 * 1024 ** 2 })
    .catch(() => ({ stdout: '' }))
  // heartbeat quotes a line of authkeys that it does not understand.
  return eventsOf(host, knownSecrets.maskPieces(stdout, [host]), at => 1000 * (toOurs(at, samples, stop) - faultAt)).filter(
    e => e.at > -5_000,
  )
}
