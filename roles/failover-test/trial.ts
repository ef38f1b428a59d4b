import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import { discard } from '../split-brain/role.ts'
import { milliseconds } from '../vars.ts'
import type { Bench } from './bench.ts'
import { awaitWhole, connectionTo, look, otherNode } from './bench.ts'
import type { EndState, Fault, Step } from './catalogue.ts'
import { expectedEnd } from './catalogue.ts'
import type { ClockSample } from './clock.ts'
import { measureClock, toOurs } from './clock.ts'
import { damageOf, thinned, timed } from './damage.ts'
import type { DeadClient } from './dead-client.ts'
import { letClientDie } from './dead-client.ts'
import type { Made } from './make.ts'
import { make, undo } from './make.ts'
import { eventsOf, logScript } from './node-log.ts'
import { describeNodes, endStateOf, serves } from './observe.ts'
import type { Operation, Records } from './operations.ts'
import { judgeRecords } from './operations.ts'
import type { Trial } from './record.ts'
import { problemsOf } from './record.ts'
import type { TestMount, Workload } from './workload.ts'
import { mountsOf, shareDirectory, startWorkload } from './workload.ts'

/** Seconds. */
const limits = { wholeBefore: 300, wholeAfter: 900, end: 180, clients: 120 }
/** Seconds that clients work undisturbed before the fault, and after the pair is whole again. */
const calm = 5

interface Work {
  mounts: TestMount[]
  byClient: { client: string; workload: Workload }[]
  /** Name of its directory on the share. */
  run: string
}

/** Makes one fault and undoes it, whatever happens in between, and says what it did to the clients. Throws `ApplyFailed` when no fault could be made. */
export const runTrial = async (bench: Bench, fault: Fault, run: number, say: (text: string) => void): Promise<Trial> => {
  say('wait until the pair is whole')
  const before = await awaitWhole(bench, limits.wholeBefore)
  const holder = before.find(s => serves(s, bench.vars.ha_stage))?.host ?? ''
  const hearsOnService = await heardOnService(bench, holder)
  const clocks = new Map<string, ClockSample[]>()
  await measureClocks(bench, clocks)
  say('the clients begin')
  const work = await startWork(bench, `${fault.name}-${run}-${Date.now()}`)
  let dead: DeadClient | undefined
  try {
    dead = await deadClient(bench, work, say)
    await delay(calm * 1000, undefined, { signal: bench.hosts.signal })
    const course = await makeAll(bench, fault, { holder, hearsOnService, clocks, say })
    say('wait until the pair is whole again')
    const after = await comeBack(bench, course)
    await delay(calm * 1000)
    await measureClocks(bench, clocks)
    say('read what is left')
    return await recordOf(bench, fault, run, { holder, course, after, clocks, work })
  } finally {
    await dead?.end()
    await Promise.all(work.byClient.map(w => w.workload.stop().catch(() => undefined)))
    await removeWork(bench, work)
  }
}

const heardOnService = async (bench: Bench, holder: string): Promise<boolean> => {
  const peer = bench.varsOf(otherNode(bench, holder)).node_name
  const { stdout } = await connectionTo(bench, holder).run(
    `PATH=/usr/sbin:/usr/bin:/sbin:/bin cl_status listhblinks ${peer} 2>/dev/null; :`,
  )
  return stdout.split(/\s+/).includes(bench.varsOf(holder).node_service_nic)
}

const measureClocks = async (bench: Bench, clocks: Map<string, ClockSample[]>): Promise<void> => {
  for (const host of [...bench.nodes, ...bench.clients])
    if (!bench.dark.has(host)) clocks.set(host, [...(clocks.get(host) ?? []), await measureClock(connectionTo(bench, host))])
}

/** With the address alone there is nothing to mount, so nobody works. */
const startWork = async (bench: Bench, run: string): Promise<Work> => {
  const clients = bench.vars.ha_stage === 'vip' ? [] : bench.clients
  const plans = clients.map(client => ({ client, mounts: mountsOf(client, clients.length, bench.varsOf(client).client_options) }))
  const byClient = plans.map(({ client, mounts }) => ({
    client,
    workload: startWorkload(connectionTo(bench, client), mounts, run, bench.vars),
  }))
  const work = { mounts: plans.flatMap(p => p.mounts), byClient, run }
  try {
    await awaitClients(bench, work)
  } catch (error) {
    for (const { workload } of byClient) await workload.stop()
    throw error
  }
  return work
}

/** Asked for, a client dies on the first machine that works. */
const deadClient = async (bench: Bench, work: Work, say: Circumstances['say']): Promise<DeadClient | undefined> => {
  const { failover_dead_client: address } = bench.vars
  const [client] = work.byClient
  if (address === undefined || client === undefined) return undefined
  say('a client dies')
  return letClientDie(connectionTo(bench, client.client), bench.vars, address, work.run)
}

const operationsOf = (work: Work): Operation[] => work.byClient.flatMap(w => [...w.workload.operations()])

/** Every mount does all of its work. */
const awaitClients = async (bench: Bench, work: Work): Promise<void> => {
  const end = Date.now() + limits.clients * 1000
  const wanted = work.mounts.length * 4
  while (new Set(operationsOf(work).map(o => `${o.mount} ${o.kind}`)).size < wanted) {
    if (Date.now() > end)
      throw new ApplyFailed(`the clients do not work within ${limits.clients} s: no fault is made`, {
        hint: `can they mount ${bench.vars.ha_vip.replace(/\/.*/, '')}:${bench.vars.nfs_export_path}?`,
      })
    await delay(200, undefined, { signal: bench.hosts.signal })
  }
}

/** How a fault went, until it was undone. Times in seconds since the epoch by our clock. */
interface Course {
  made: Made[]
  expected: EndState
  actual: EndState | undefined
  endReached: number | undefined
  undoneAt: number
}

interface Circumstances {
  holder: string
  hearsOnService: boolean
  clocks: Map<string, ClockSample[]>
  say(text: string): void
}

/** Makes the steps one after the other and then undoes them, also when something went wrong on the way. */
const makeAll = async (bench: Bench, fault: Fault, { holder, hearsOnService, clocks, say }: Circumstances): Promise<Course> => {
  const made: Made[] = []
  let from = holder
  let end: { actual: EndState | undefined; reached: number | undefined } = { actual: undefined, reached: undefined }
  let expected: EndState = fault.steps[0].expected
  let undoneAt = 0
  try {
    for (const step of fault.steps) {
      expected = expectedEnd(fault, step, hearsOnService)
      say(`${step.act.kind} on ${step.on === 'both' ? 'both nodes' : step.on === 'holder' ? from : otherNode(bench, from)}`)
      await make(bench, step, from, clocks, made)
      end = await awaitEnd(bench, step, from, expected)
      if (end.actual !== expected) break
      if (expected === 'moved') from = otherNode(bench, from)
    }
  } finally {
    say('undo it')
    undoneAt = Date.now() / 1000
    await undo(bench, made)
  }
  return { made, expected, actual: end.actual, endReached: end.reached, undoneAt }
}

/**
 * Waits for the end that is expected, and a while longer: an end that does not last is none. `stays` and `none` are seen at once, so they must
 * outlast what heartbeat needs to find a node dead.
 */
const awaitEnd = async (bench: Bench, step: Step, holder: string, expected: EndState) => {
  const patience = milliseconds(bench.vars.heartbeat_deadtime) * 2 + 10_000
  const mustLast = expected === 'stays' || expected === 'none' ? patience : 3_000
  const end = Date.now() + limits.end * 1000
  let since: number | undefined
  for (;;) {
    const states = await look(bench)
    const actual = endStateOf(states, holder, bench.vars.ha_stage)
    const settled = step.act.kind !== 'hand-over' || states.every(s => s.settled)
    if (actual !== expected) since = undefined
    else since ??= Date.now()
    if (since !== undefined && settled && Date.now() - since >= mustLast) return { actual, reached: since / 1000 }
    if (Date.now() > end) return { actual, reached: undefined }
    await delay(500, undefined, { signal: bench.hosts.signal })
  }
}

interface After {
  /** Seconds since the epoch; undefined when the pair did not become whole. */
  wholeAt: number | undefined
  state: string
}

const comeBack = async (bench: Bench, course: Course): Promise<After> => {
  if (course.actual === 'split') await rejoin(bench)
  try {
    const states = await awaitWhole(bench, limits.wholeAfter)
    return { wholeAt: Date.now() / 1000, state: describeNodes(states, bench.vars.ha_stage) }
  } catch (error) {
    if (!(error instanceof ApplyFailed)) throw error
    return { wholeAt: undefined, state: `${describeNodes(await look(bench), bench.vars.ha_stage)}; ${error.message}` }
  }
}

/**
 * After a split brain somebody has to say whose data goes. Only in the lab, where nothing but our own records can have been written; the node
 * that serves keeps what it has.
 */
const rejoin = async (bench: Bench): Promise<void> => {
  if (bench.lab === undefined) return
  const end = Date.now() + limits.end * 1000
  for (;;) {
    const states = await look(bench)
    const holders = states.filter(s => serves(s, bench.vars.ha_stage))
    const [survivor] = holders
    const isStill = states.length === 2 && states.every(s => s.settled) && states.some(s => s.device?.connection === 'StandAlone')
    if (survivor && holders.length === 1 && isStill) return discard(bench.hosts, bench.vars, otherNode(bench, survivor.host), survivor.host)
    if (Date.now() > end || (isStill === false && states.every(s => s.device?.connection === 'Connected'))) return
    await delay(1_000)
  }
}

interface Seen {
  holder: string
  course: Course
  after: After
  clocks: Map<string, ClockSample[]>
  work: Work
}

const recordOf = async (bench: Bench, fault: Fault, run: number, seen: Seen): Promise<Trial> => {
  const { course, after, clocks, work } = seen
  const faultAt = course.made[0]?.at ?? course.undoneAt
  const ms = (at: number) => Math.round(1000 * (at - faultAt))
  const ours = (host: string) => (at: number) => toOurs(at, clocks.get(host) ?? [])
  await Promise.all(work.byClient.map(w => w.workload.stop()))
  const operations = work.byClient.flatMap(w => timed(w.workload.operations(), ours(w.client), faultAt))
  const damage = damageOf(operations, await readRecords(bench, work), ms(course.undoneAt))
  const events = (await Promise.all(bench.nodes.map(host => readEvents(bench, host, faultAt, clocks.get(host) ?? [])))).flat()
  const first = (kind: string) =>
    events.filter(e => e.kind === kind && e.at >= -500).reduce<number | undefined>((a, e) => Math.min(a ?? e.at, e.at), undefined)
  const [detected, tookOver] = course.expected === 'stays' ? [first('notices'), undefined] : [first('notices'), first('serves')]
  const trial: Omit<Trial, 'problems'> = {
    fault: fault.name,
    title: fault.title,
    ...(fault.article !== undefined && { article: fault.article }),
    stack: bench.vars.ha_stack,
    run,
    madeAt: new Date(faultAt * 1000).toISOString(),
    holder: seen.holder,
    hosts: bench.nodes,
    silences: course.made.some(m => ['power-off', 'reset', 'freeze'].includes(m.act.kind)),
    on: [...new Set(course.made.map(m => m.host))],
    undo: fault.undo,
    expected: course.expected,
    ...(course.actual !== undefined && { actual: course.actual }),
    ...(course.endReached !== undefined && { endReached: ms(course.endReached) }),
    ...(detected !== undefined && { detected }),
    ...(tookOver !== undefined && { tookOver }),
    undoneAt: ms(course.undoneAt),
    ...(after.wholeAt !== undefined && { wholeAt: ms(after.wholeAt) }),
    stateAfter: after.state,
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

/** Read on the node that serves, past the clients' caches: what is on its disk is what counts. */
const readRecords = async (bench: Bench, work: Work): Promise<Records[] | undefined> => {
  const holder = (await look(bench)).find(s => serves(s, bench.vars.ha_stage))?.host
  if (holder === undefined) return undefined
  const operations = operationsOf(work)
  const records: Records[] = []
  for (const { name } of work.mounts) {
    const file = `${bench.vars.nfs_export_path}/${shareDirectory}/${work.run}/${name}.records`
    const { code, stdout } = await connectionTo(bench, holder).run(`cat ${file}`, { timeout: 300_000 })
    if (code !== 0) return undefined
    records.push(
      judgeRecords(
        stdout,
        operations.filter(o => o.mount === name),
      ),
    )
  }
  return records
}

const readEvents = async (bench: Bench, host: string, faultAt: number, samples: ClockSample[]) => {
  const behind = Math.max(...samples.map(s => Math.abs(s.offset)), 0)
  const { stdout } = await connectionTo(bench, host)
    .run(logScript(faultAt - behind - 5), { timeout: 120_000 })
    .catch(() => ({ stdout: '' }))
  return eventsOf(host, stdout, at => 1000 * (toOurs(at, samples) - faultAt)).filter(e => e.at > -5_000)
}

/** Nothing of the test stays on the share: only what it has made itself, by its whole name. */
const removeWork = async (bench: Bench, work: Work): Promise<void> => {
  const directory = `${bench.vars.nfs_export_path}/${shareDirectory}`
  const states = await look(bench).catch(() => [])
  for (const { host } of states.filter(s => s.mounted))
    await connectionTo(bench, host)
      .run(`rm -rf ${directory}/${work.run}; rmdir ${directory} 2>/dev/null; :`, { timeout: 300_000 })
      .catch(() => undefined)
}
