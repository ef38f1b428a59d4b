import type { PairSettings } from '../testbed/settings.ts'

/** The node that a fault is injected on, by its role just before that. */
export type Where = 'holder' | 'standby' | 'both'

export const whereNames: Record<Where, string> = { holder: 'the active node', standby: 'the standby', both: 'both nodes' }

/** Which node is active at the end: the other one, the same, none until the fault is undone, or both (split brain). */
export type EndState = 'moved' | 'stays' | 'none' | 'split'

export type Link = 'service' | 'heartbeat' | 'drbd'

/** The kind of fault. It is injected from inside by ssh, on any machine, or from outside, which needs the lab. */
export type Act =
  | { kind: 'nothing' }
  | { kind: 'hand-over' }
  | { kind: 'heartbeat-stop' }
  | { kind: 'ifdown'; links: readonly Link[] }
  | { kind: 'cable'; links: readonly Link[] }
  | { kind: 'power-off' }
  | { kind: 'reset' }
  | { kind: 'freeze' }
  | { kind: 'stall' }
  | { kind: 'reboot' }

export interface Step {
  act: Act
  on: Where
  expected: EndState
}

/** One fault of the catalogue: a description only. */
export interface Fault {
  name: string
  title: string
  /** The chapter of the reference setup with the same test. */
  article?: string
  /** Usually one. Several are injected in turn, each after the previous one has reached its end state. */
  steps: readonly [Step, ...Step[]]
  /** How it is undone; shown in the report. */
  undo: string
  /** The end state of the last step with `ha_stack: article`, which has only one link and no fencing. */
  expectedOfArticle?: EndState
  /** Only for clusters at this stage. */
  stage?: 'vip'
}

const one = (act: Act, on: Where, expected: EndState): readonly [Step] => [{ act, on, expected }]
const cable = (...links: Link[]): Act => ({ kind: 'cable', links })
const ifdown = (...links: Link[]): Act => ({ kind: 'ifdown', links })
const handOver: Step = { act: { kind: 'hand-over' }, on: 'holder', expected: 'moved' }

const plugged = 'the cable is plugged in'
const ifup = 'ifup'
const started = 'heartbeat is started'
const booted = 'it boots, heartbeat is started'
const switchedOn = 'power on, heartbeat is started'

/** Every fault with the end state that it must reach. A test compares docs/failover.md with it. */
export const catalogue: readonly Fault[] = [
  {
    name: 'vip-alone',
    title: 'heartbeat stopped, the address alone',
    article: 'III.5',
    steps: one({ kind: 'heartbeat-stop' }, 'holder', 'moved'),
    undo: started,
    stage: 'vip',
  },
  {
    name: 'nothing',
    title: 'no fault: clients write and read',
    article: 'V.4',
    steps: one({ kind: 'nothing' }, 'holder', 'stays'),
    undo: 'nothing',
  },
  { name: 'switchover', title: 'planned switchover', article: 'IV.8', steps: [handOver], undo: 'nothing' },
  {
    name: 'failback-twice',
    title: 'switchover and failback, twice in a row',
    steps: [handOver, handOver, handOver, handOver],
    undo: 'nothing',
  },
  {
    name: 'heartbeat-stop',
    title: 'heartbeat stopped and started',
    article: 'VI.3a',
    steps: one({ kind: 'heartbeat-stop' }, 'holder', 'moved'),
    undo: started,
  },
  {
    name: 'heartbeat-stop-standby',
    title: 'heartbeat stopped on the standby',
    steps: one({ kind: 'heartbeat-stop' }, 'standby', 'stays'),
    undo: started,
  },
  {
    name: 'ifdown-service',
    title: 'ifdown of the service NIC',
    article: 'VI.3b',
    steps: one(ifdown('service'), 'holder', 'moved'),
    undo: ifup,
  },
  { name: 'ifdown-heartbeat', title: 'ifdown of the heartbeat NIC', steps: one(ifdown('heartbeat'), 'holder', 'stays'), undo: ifup },
  { name: 'ifdown-drbd', title: 'ifdown of the replication NIC', steps: one(ifdown('drbd'), 'holder', 'stays'), undo: ifup },
  { name: 'cable-service', title: 'cable of the service NIC', steps: one(cable('service'), 'holder', 'moved'), undo: plugged },
  {
    name: 'cable-service-standby',
    title: 'cable of the service NIC, standby',
    steps: one(cable('service'), 'standby', 'stays'),
    undo: plugged,
  },
  { name: 'cable-heartbeat', title: 'cable of the heartbeat NIC', steps: one(cable('heartbeat'), 'holder', 'stays'), undo: plugged },
  { name: 'cable-drbd', title: 'cable of the replication NIC', steps: one(cable('drbd'), 'holder', 'stays'), undo: plugged },
  {
    name: 'cable-drbd-power-loss',
    title: 'cable of the replication NIC, then power loss',
    // The standby has an older copy that is marked Outdated.
    steps: [
      { act: cable('drbd'), on: 'holder', expected: 'stays' },
      { act: { kind: 'power-off' }, on: 'holder', expected: 'none' },
    ],
    undo: `${plugged}, ${switchedOn}`,
    expectedOfArticle: 'moved',
  },
  { name: 'power-loss', title: 'power loss', steps: one({ kind: 'power-off' }, 'holder', 'moved'), undo: switchedOn },
  {
    name: 'power-loss-standby',
    title: 'power loss of the standby',
    steps: one({ kind: 'power-off' }, 'standby', 'stays'),
    undo: switchedOn,
  },
  { name: 'power-loss-both', title: 'power loss of both nodes', steps: one({ kind: 'power-off' }, 'both', 'none'), undo: switchedOn },
  { name: 'reset', title: 'reset without a sync', steps: one({ kind: 'reset' }, 'holder', 'moved'), undo: booted },
  {
    name: 'freeze',
    title: 'freeze and thaw',
    steps: one({ kind: 'freeze' }, 'holder', 'moved'),
    undo: 'it is thawed, the node reboots, heartbeat is started',
  },
  {
    name: 'freeze-standby',
    title: 'freeze and thaw of the standby',
    steps: one({ kind: 'freeze' }, 'standby', 'stays'),
    undo: 'it is thawed',
  },
  {
    name: 'stall',
    title: 'processor stops, the clock does not',
    steps: one({ kind: 'stall' }, 'holder', 'moved'),
    undo: 'it continues, the node reboots, heartbeat is started',
  },
  {
    name: 'stall-standby',
    title: 'processor of the standby stops, the clock does not',
    steps: one({ kind: 'stall' }, 'standby', 'stays'),
    undo: 'it continues',
  },
  { name: 'reboot', title: 'orderly reboot', steps: one({ kind: 'reboot' }, 'holder', 'moved'), undo: booted },
  { name: 'reboot-standby', title: 'orderly reboot of the standby', steps: one({ kind: 'reboot' }, 'standby', 'stays'), undo: booted },
  {
    name: 'cable-heartbeat-drbd',
    title: 'cables of heartbeat and replication NIC',
    steps: one(cable('heartbeat', 'drbd'), 'holder', 'stays'),
    undo: plugged,
    expectedOfArticle: 'split',
  },
  {
    name: 'cable-all',
    title: 'all cables',
    steps: one(cable('service', 'heartbeat', 'drbd'), 'holder', 'moved'),
    undo: `${plugged}, the node reboots, heartbeat is started`,
    expectedOfArticle: 'split',
  },
  {
    name: 'cable-all-standby',
    title: 'all cables of the standby',
    steps: one(cable('service', 'heartbeat', 'drbd'), 'standby', 'stays'),
    undo: plugged,
    expectedOfArticle: 'split',
  },
]

/** The end state that a step must reach. */
export const expectedEnd = (fault: Fault, step: Step, stack: PairSettings['ha_stack']): EndState =>
  (stack === 'article' && step === fault.steps.at(-1) ? fault.expectedOfArticle : undefined) ?? step.expected

/** Clients wait until the fault is undone, or data has to be discarded: such faults are judged separately. */
export const endsWithoutService = (end: EndState): boolean => end === 'none' || end === 'split'

/** Whether it can only be injected from outside the machine. */
const outsideOnly: Record<Act['kind'], boolean> = {
  nothing: false,
  'hand-over': false,
  'heartbeat-stop': false,
  ifdown: false,
  cable: true,
  'power-off': true,
  reset: false,
  freeze: true,
  stall: true,
  reboot: false,
}

/** What becomes of the node itself: it runs on, it shuts down or dies and boots again, or it stops until the fault is undone. */
type NodeEffect = 'runs' | 'shuts down' | 'dies' | 'stops' | 'stops with its clock'

export const nodeEffects: Record<Act['kind'], NodeEffect> = {
  nothing: 'runs',
  'hand-over': 'runs',
  'heartbeat-stop': 'runs',
  ifdown: 'runs',
  cable: 'runs',
  'power-off': 'dies',
  reset: 'dies',
  freeze: 'stops with its clock',
  stall: 'stops',
  reboot: 'shuts down',
}

/** Why a fault is not possible here; undefined when it is. */
export const whyNot = (fault: Fault, { lab, stage }: { lab: boolean; stage: 'vip' | 'full' }): string | undefined => {
  if ((fault.stage ?? 'full') !== stage) return `needs ha_stage: ${fault.stage ?? 'full'}`
  if (!lab && fault.steps.some(s => outsideOnly[s.act.kind])) return 'can only be injected from outside, in the lab'
  return undefined
}
