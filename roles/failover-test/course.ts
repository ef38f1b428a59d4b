import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import { discard } from '../split-brain/role.ts'
import { milliseconds } from '../vars.ts'
import type { Bench } from './bench.ts'
import { awaitWhole, look, otherNode } from './bench.ts'
import type { EndState, Fault, Step } from './catalogue.ts'
import { expectedEnd } from './catalogue.ts'
import type { ClockSample } from './clock.ts'
import type { Made } from './make.ts'
import { make, undo } from './make.ts'
import { describeNodes, endStateOf, serves } from './observe.ts'

/** Seconds until the end that is expected must be there, and until the pair must be whole again. */
const limits = { end: 180, whole: 900 }

/** How a fault went, until it was undone. Times in seconds since the epoch by our clock. */
export interface Course {
  made: Made[]
  expected: EndState
  actual: EndState | undefined
  endReached: number | undefined
  undoneAt: number
}

export interface Circumstances {
  holder: string
  hearsOnService: boolean
  clocks: Map<string, ClockSample[]>
  say(text: string): void
}

/** Makes the steps one after the other and then undoes them, also when something went wrong on the way. */
export const makeAll = async (bench: Bench, fault: Fault, { holder, hearsOnService, clocks, say }: Circumstances): Promise<Course> => {
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

export interface After {
  /** Seconds since the epoch; undefined when the pair did not become whole. */
  wholeAt: number | undefined
  state: string
}

export const comeBack = async (bench: Bench, course: Course): Promise<After> => {
  if (course.actual === 'split') await rejoin(bench)
  try {
    const states = await awaitWhole(bench, limits.whole)
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
