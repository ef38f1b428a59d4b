import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../resources/outcome.ts'
import { knownSecrets } from '../../text/secrets.ts'
import type { Timed } from '../clients/client-impact.ts'
import { clientImpactOf, thinned, timed } from '../clients/client-impact.ts'
import type { Work } from '../clients/clients.ts'
import { deadClient, readRecords, removeWork, startWork } from '../clients/clients.ts'
import type { DeadClient } from '../clients/dead-client.ts'
import { isDark } from '../faults/inject.ts'
import type { Surrounded } from '../faults/surround.ts'
import { surround } from '../faults/surround.ts'
import type { Trial } from '../report/record.ts'
import { problemsOf } from '../report/record.ts'
import type { ClockSample, Stop } from '../testbed/clock.ts'
import { measureClock, toOurs } from '../testbed/clock.ts'
import { eventsOf, logScript } from '../testbed/node-log.ts'
import type { NodeState } from '../testbed/observe.ts'
import { serves } from '../testbed/observe.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { awaitWhole, connectionTo, look } from '../testbed/testbed.ts'
import { nodeEffects } from './catalogue.ts'
import type { Planned } from './plan.ts'
import type { After, Scenario } from './scenario.ts'
import { comeBack, makeAll } from './scenario.ts'

/** Seconds until the pair must be healthy, otherwise no fault is injected. */
const limit = 300
/** Seconds that clients work undisturbed before the fault, and after the pair is healthy again. */
const calm = 5
/** Seconds that the nodes have to notice a surrounding before the fault. */
const settling = 20

/** Injects one fault, always undoes it, and reports its impact on the clients. Throws `ApplyFailed` when no fault could be injected. */
export const runTrial = async (testbed: Testbed, planned: Planned, say: (text: string) => void): Promise<Trial> => {
  const { fault, surrounding, run } = planned
  say('wait until the pair is healthy')
  let holder = holderOf(testbed, await awaitWhole(testbed, limit))
  const clocks = new Map<string, ClockSample[]>()
  await measureClocks(testbed, clocks)
  say('start the work of the clients')
  const work = await startWork(testbed, `${fault.name}-${run}-${Date.now()}`)
  let dead: DeadClient | undefined
  let around: Surrounded | undefined
  try {
    if (!surrounding) dead = await deadClient(testbed, work, say)
    const usual = surrounding ? await testbed.tools.reported() : []
    if (surrounding) {
      around = await surround(testbed, surrounding, holder, work, say)
      // The nodes adapt to it, and a clock may have been set.
      await delay(settling * 1000, undefined, { signal: testbed.hosts.signal })
      await measureClocks(testbed, clocks)
    }
    await delay(calm * 1000, undefined, { signal: testbed.hosts.signal })
    // The surrounding alone may have moved the service.
    if (surrounding) holder = holderOf(testbed, await look(testbed)) || holder
    const news = surrounding ? (await testbed.tools.reported()).filter(text => !usual.includes(text)) : []
    const scenario = await makeAll(testbed, fault, { holder, clocks, say, around })
    say('wait until the pair is healthy again')
    const after = await comeBack(testbed, scenario.boots)
    await delay(calm * 1000)
    await measureClocks(testbed, clocks)
    say('read what the clients wrote')
    return await recordOf(testbed, planned, { holder, scenario, after, clocks, work, news })
  } finally {
    await around?.restore().catch(() => undefined)
    await dead?.end()
    await Promise.all(work.byClient.map(w => w.workload.stop().catch(() => undefined)))
    await removeWork(testbed, work)
  }
}

const holderOf = (testbed: Testbed, states: NodeState[]): string => states.find(s => serves(s, testbed.vars.ha_stage))?.host ?? ''

/** A host that does not answer keeps its existing measurements. */
const measureClocks = async (testbed: Testbed, clocks: Map<string, ClockSample[]>): Promise<void> => {
  for (const host of [...testbed.nodes, ...testbed.clients].filter(h => !testbed.dark.has(h))) {
    const sample = await measureClock(connectionTo(testbed, host)).catch(() => undefined)
    if (sample) clocks.set(host, [...(clocks.get(host) ?? []), sample])
  }
}

interface Seen {
  holder: string
  scenario: Scenario
  after: After
  clocks: Map<string, ClockSample[]>
  work: Work
  /** What status.yml and drift reported about the surrounding before the fault. */
  news: string[]
}

const recordOf = async (testbed: Testbed, { fault, surrounding, run }: Planned, seen: Seen): Promise<Trial> => {
  const { scenario, after, clocks, work, news } = seen
  const faultAt = scenario.made[0]?.at ?? scenario.undoneAt
  const ms = (at: number) => Math.round(1000 * (at - faultAt))
  const ours = (host: string) => (at: number) => toOurs(at, clocks.get(host) ?? [])
  const hanging = await troublesOf(work)
  const isTolerated = (o: Timed) => !o.ok && surrounding?.tolerated?.test(o.detail) === true
  const operations = work.byClient.flatMap(w => timed(w.workload.operations(), ours(w.client), faultAt)).filter(o => !isTolerated(o))
  const impact = clientImpactOf(operations, await readRecords(testbed, work), ms(scenario.undoneAt))
  const events = (
    await Promise.all(testbed.nodes.map(host => readEvents(testbed, host, faultAt, clocks.get(host) ?? [], stopOf(scenario, host))))
  ).flat()
  const first = (kind: string) =>
    events.filter(e => e.kind === kind && e.at >= -500).reduce<number | undefined>((a, e) => Math.min(a ?? e.at, e.at), undefined)
  const [detected, tookOver] = scenario.expected === 'stays' ? [first('notices'), undefined] : [first('notices'), first('serves')]
  const trial: Omit<Trial, 'problems'> = {
    fault: surrounding ? `${fault.name}+${surrounding.name}` : fault.name,
    title: surrounding ? `${fault.title}, ${surrounding.title}` : fault.title,
    ...(fault.article !== undefined && { article: fault.article }),
    stack: testbed.vars.ha_stack,
    run,
    madeAt: new Date(faultAt * 1000).toISOString(),
    holder: seen.holder,
    hosts: testbed.nodes,
    silences: scenario.made.some(m => isDark(m.act) && nodeEffects[m.act.kind] !== 'shuts down'),
    on: [...new Set(scenario.made.map(m => m.host))],
    undo: fault.undo,
    expected: scenario.expected,
    ...(scenario.actual !== undefined && { actual: scenario.actual }),
    ...(scenario.endReached !== undefined && { endReached: ms(scenario.endReached) }),
    ...(detected !== undefined && { detected }),
    ...(tookOver !== undefined && { tookOver }),
    ...(scenario.unmarked !== undefined && { unmarked: scenario.unmarked }),
    ...(surrounding && {
      surrounding: {
        name: surrounding.name,
        mustBeReported: surrounding.reported ?? false,
        reported: news,
        ...(scenario.refused !== undefined && { refused: scenario.refused }),
        problems: scenario.seen,
        usualMs: usualLimit(testbed.tools.deadtime),
      },
    }),
    undoneAt: ms(scenario.undoneAt),
    ...(after.wholeAt !== undefined && { wholeAt: ms(after.wholeAt) }),
    stateAfter: after.state,
    ...(after.discarded !== undefined && { discarded: after.discarded }),
    ...impact,
    clocks: Object.fromEntries(
      [...clocks].map(([host, samples]) => [
        host,
        samples.map(s => ({ offset: Math.round(s.offset * 1000), error: Math.round(s.error * 1000) })),
      ]),
    ),
    deadClient: testbed.vars.failover_dead_client !== undefined && work.mounts.length > 0,
    operations: thinned(
      operations.filter(o => o.at + o.took > -10_000),
      500,
    ),
    events: events.sort((a, b) => a.at - b.at),
  }
  // If the pair did not recover, no client can unmount.
  return { ...trial, problems: [...problemsOf(trial), ...(after.wholeAt === undefined ? [] : hanging)] }
}

/**
 * Ends the clients' work. A client that cannot end it, even because its machine died, is a finding, so that the results are still reported.
 */
const troublesOf = async ({ byClient }: Work): Promise<string[]> => {
  const ends = await Promise.allSettled(byClient.map(w => w.workload.stop()))
  return ends.flatMap(end => {
    if (end.status === 'fulfilled') return []
    const detail = end.reason instanceof ApplyFailed ? end.reason.detail?.trim() : undefined
    const message = end.reason instanceof Error ? end.reason.message : String(end.reason)
    return [detail ? `${message}\n${detail}` : message]
  })
}

/**
 * ms that a client may wait in a surrounding that nothing reports: twice heartbeat's time to declare a node dead, plus the 20 s that a
 * takeover takes at most on an emulated machine.
 */
const usualLimit = (deadtime: number): number => 2 * deadtime + 20_000

const stopOf = (scenario: Scenario, host: string): Stop | undefined => {
  const made = scenario.made.find(m => m.host === host && isDark(m.act))
  return made && { from: made.at, ...(nodeEffects[made.act.kind] === 'stops with its clock' && { until: scenario.undoneAt }) }
}

const readEvents = async (testbed: Testbed, host: string, faultAt: number, samples: ClockSample[], stop: Stop | undefined) => {
  const behind = Math.max(...samples.map(s => Math.abs(s.offset)), 0)
  const { stdout } = await connectionTo(testbed, host)
    .run(logScript(faultAt - behind - 5), { timeout: 120_000, maxOutput: 64 * 1024 ** 2 })
    .catch(() => ({ stdout: '' }))
  // heartbeat quotes a line of authkeys that it does not understand.
  return eventsOf(host, knownSecrets.maskPieces(stdout, [host]), at => 1000 * (toOurs(at, samples, stop) - faultAt)).filter(
    e => e.at > -5_000,
  )
}
