import { setTimeout as delay } from 'node:timers/promises'
import type { Boots, Made } from '../faults/inject.ts'
import { bootsOf, inject, takeInRestarted, undo } from '../faults/inject.ts'
import type { Surrounded } from '../faults/surround.ts'
import type { ClockSample } from '../testbed/clock.ts'
import { describeNodes, endStateOf, notWhole, unmarkedIn, victimOf } from '../testbed/observe.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { look, otherNode } from '../testbed/testbed.ts'
import type { EndState, Fault, Step } from './catalogue.ts'
import { expectedEnd } from './catalogue.ts'

/**
 * Seconds until the expected end state, and until the pair must be healthy again; heartbeat may restart in between. The stack of the
 * reference setup cannot unmount: heartbeat tries ten times and then reboots the node, after seven minutes on a quiet machine and fifteen
 * on a busy one; with `auto_failback` the other node follows.
 */
const limits = { lean: { end: 180, whole: 900 }, article: { end: 1500, whole: 3600 } }

/** Seconds in which the watch restores a connection that DRBD gave up; after that it is a split brain. */
const reconnectLimit = 120

/** The end state of a fault. */
interface End {
  actual: EndState | undefined
  /** Seconds since the epoch by our clock. */
  endReached: number | undefined
  /** A standby that did not know, when the end state was reached, that the other node continues without it. */
  unmarked: string | undefined
}

/** The course of a fault, until it was undone. */
export interface Scenario extends End {
  made: Made[]
  boots: Boots
  expected: EndState
  /** Why a planned switchover did not happen: the refusal of switchover.yml. */
  refused: string | undefined
  /** Problems that the surrounding has seen. */
  seen: string[]
  /** Seconds since the epoch by our clock. */
  undoneAt: number
}

export interface Circumstances {
  holder: string
  clocks: Map<string, ClockSample[]>
  say(text: string): void
  /** The surrounding of the fault. */
  around: Surrounded | undefined
}

/** Injects the steps one after the other and then undoes them, even after an error. */
export const makeAll = async (testbed: Testbed, fault: Fault, { holder, clocks, say, around }: Circumstances): Promise<Scenario> => {
  const made: Made[] = []
  const seen: string[] = []
  let refused: string | undefined
  const boots = await bootsOf(testbed)
  let from = holder
  let end: End = { actual: undefined, endReached: undefined, unmarked: undefined }
  let expected: EndState = fault.steps[0].expected
  let undoneAt = 0
  try {
    for (const step of fault.steps) {
      expected = expectedEnd(fault, step, testbed.vars.ha_stack)
      if (around !== undefined) {
        expected = around.surrounding.ends?.[fault.name] ?? expected
        refused = step.act.kind === 'hand-over' ? await testbed.tools.refusal(otherNode(testbed, from)) : undefined
        if (refused !== undefined) {
          say(`the switchover is refused: ${refused}`)
          if (around.surrounding.refused) expected = 'stays'
          end = await awaitEnd(testbed, step, from, 'stays')
          break
        }
      }
      say(`${step.act.kind} on ${step.on === 'both' ? 'both nodes' : step.on === 'holder' ? from : otherNode(testbed, from)}`)
      await inject(testbed, step, from, clocks, made)
      end = await awaitEnd(testbed, step, from, expected)
      if (end.actual !== expected) break
      if (expected === 'moved') from = otherNode(testbed, from)
    }
  } finally {
    say('undo it')
    undoneAt = Date.now() / 1000
    await undo(testbed, made, boots, async () => void seen.push(...((await around?.restore()) ?? [])))
  }
  return { made, boots, expected, ...end, refused, seen, undoneAt }
}

/**
 * Waits for the expected end state, and a while longer, since a temporary state does not count. `stays` and `none` are visible at once, so
 * they must last longer than heartbeat needs to declare a node dead.
 */
const awaitEnd = async (testbed: Testbed, step: Step, holder: string, expected: EndState): Promise<End> => {
  const patience = testbed.tools.deadtime * 2 + 10_000
  const mustLast = expected === 'stays' || expected === 'none' ? patience : 3_000
  const end = Date.now() + limits[testbed.vars.ha_stack].end * 1000
  let since: number | undefined
  for (;;) {
    const states = await look(testbed)
    const actual = endStateOf(states, holder, testbed.vars.ha_stage)
    const settled = step.act.kind !== 'hand-over' || states.every(s => s.settled)
    if (actual !== expected) since = undefined
    else since ??= Date.now()
    const unmarked = unmarkedIn(states)
    if (since !== undefined && settled && Date.now() - since >= mustLast) return { actual, endReached: since / 1000, unmarked }
    if (Date.now() > end) return { actual, endReached: undefined, unmarked }
    // Not more often: each look takes time from the nodes that the clients wait for.
    await delay(1_000, undefined, { signal: testbed.hosts.signal })
  }
}

export interface After {
  /** Seconds since the epoch; undefined when the pair did not become healthy. */
  wholeAt: number | undefined
  state: string
  /** The node whose changes were discarded to end a split brain. */
  discarded: string | undefined
}

/**
 * Waits until the pair is healthy. After a split brain somebody has to choose whose data to discard. The test does so only in the lab,
 * where nothing else has written; it chooses the node that is not active.
 */
export const comeBack = async (testbed: Testbed, boots: Boots): Promise<After> => {
  const end = Date.now() + limits[testbed.vars.ha_stack].whole * 1000
  const { ha_stage: stage } = testbed.vars
  let discarded: string | undefined
  let splitSince: number | undefined
  for (;;) {
    const states = await look(testbed)
    const problems = notWhole(states, testbed.nodes, stage)
    const state = describeNodes(states, stage)
    if (problems.length === 0) return { wholeAt: Date.now() / 1000, state, discarded }
    if (Date.now() > end) return { wholeAt: undefined, state: `${state}; ${problems.join('; ')}`, discarded }
    if (states.length < testbed.nodes.length || states.some(s => !s.settled)) await takeInRestarted(testbed, boots)
    const victim = testbed.lab !== undefined && discarded === undefined ? victimOf(states, stage) : undefined
    if (victim === undefined) splitSince = undefined
    else {
      splitSince ??= Date.now()
      if (Date.now() - splitSince >= reconnectLimit * 1000) {
        await testbed.tools.discard(victim, otherNode(testbed, victim))
        discarded = victim
      }
    }
    await delay(1_000, undefined, { signal: testbed.hosts.signal })
  }
}
