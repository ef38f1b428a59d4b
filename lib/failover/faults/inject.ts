import { ApplyFailed } from '../../resources/outcome.ts'
import { type Act, nodeEffects, type Step } from '../scenario/catalogue.ts'
import type { ClockSample } from '../testbed/clock.ts'
import { toOurs } from '../testbed/clock.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { bootIdOf, connectionTo, otherNode, reach } from '../testbed/testbed.ts'
import { headStart, insideOf, makeScript, undoScript } from './guest-faults.ts'
import { awaitOutside, doOutside, outsideOf } from './lab-faults.ts'

/** A fault that was injected on one node, with what is needed to undo it. */
export interface Made {
  host: string
  act: Act
  /** Seconds since the epoch by our clock. */
  at: number
}

/**
 * The boot id of each node before the fault. The fault may end that boot; a node may also reboot by itself when its peer took over or it
 * cannot unmount.
 */
export type Boots = ReadonlyMap<string, string>

export const bootsOf = async (testbed: Testbed): Promise<Boots> =>
  new Map(await Promise.all(testbed.nodes.map(async host => [host, await bootIdOf(testbed, host)] as const)))

/** Seconds after which a host itself undoes a fault from inside. */
const undoAfter = 600
const bootLimit = 300

const endsBoot = (act: Act): boolean => nodeEffects[act.kind] === 'dies' || nodeEffects[act.kind] === 'shuts down'
/** Whether it ends or stops everything on the node. */
export const isDark = (act: Act): boolean => nodeEffects[act.kind] !== 'runs'
const cutsOurWay = (act: Act): boolean => 'links' in act && act.links.includes('service')

/** Injects the fault of a step on its nodes, on two at the same moment. Adds to `made` at once, because anything later may fail. */
export const inject = async (
  testbed: Testbed,
  step: Step,
  holder: string,
  clocks: Map<string, ClockSample[]>,
  made: Made[],
): Promise<void> => {
  const hosts = { holder: [holder], standby: [otherNode(testbed, holder)], both: testbed.nodes }[step.on]
  const all = await Promise.allSettled(
    hosts.map(async host => {
      const at = await injectOn(testbed, host, step.act, clocks.get(host) ?? [])
      made.push({ host, act: step.act, at })
      if (isDark(step.act)) testbed.dark.add(host)
      if (testbed.lab === undefined && cutsOurWay(step.act)) await goRound(testbed, host)
    }),
  )
  throwFirst(all)
}

const throwFirst = (all: PromiseSettledResult<void>[]): void => {
  const failed = all.find(one => one.status === 'rejected')
  if (failed) throw failed.reason
}

const injectOn = async (testbed: Testbed, host: string, act: Act, clock: ClockSample[]): Promise<number> => {
  const vars = testbed.varsOf(host)
  const outside = outsideOf(act, vars)
  if (outside && testbed.lab !== undefined) {
    const at = Date.now() / 1000
    await doOutside(testbed.lab, host, outside.make)
    return at
  }
  const inside = insideOf(act, vars, testbed.platform, testbed.tools.handOver)
  if (!inside) throw new ApplyFailed(`${act.kind} can only be injected from outside, and these machines are not in a lab`)
  const { code, stdout, stderr } = await connectionTo(testbed, host).run(makeScript(inside, undoAfter), { timeout: 60_000 })
  if (code !== 0) throw new ApplyFailed(`${act.kind} on ${host}: nothing was done`, { detail: stderr })
  return toOurs(Number(stdout.trim()), clock) + headStart
}

/** A node without its service network is reached through its peer, over the heartbeat link. */
const goRound = (testbed: Testbed, host: string): Promise<void> =>
  testbed.hosts.reconnect(host, { host: otherNode(testbed, host), address: testbed.varsOf(host).node_heartbeat_ip })

/**
 * Undoes the faults, on each node in reverse order (a cable is plugged into a machine that is on). Returns when every node answers and
 * heartbeat is started where the boot ended; calls `restore` before that start. A failure on one node does not stop the others.
 */
export const undo = async (
  testbed: Testbed,
  made: readonly Made[],
  boots: Boots,
  restore: () => Promise<void> = async () => undefined,
): Promise<void> => {
  const hosts = [...new Set(made.map(one => one.host))]
  const undone = await Promise.allSettled(
    hosts.map(async host => {
      for (const one of made.filter(m => m.host === host).reverse()) await undoOn(testbed, one)
    }),
  )
  const dark = made.filter(one => isDark(one.act))
  const revived = await Promise.allSettled(dark.map(one => revive(testbed, one, boots.get(one.host))))
  const restored = await Promise.allSettled([restore()])
  const booted = dark.filter(one => endsBoot(one.act) && !testbed.dark.has(one.host))
  const started = await Promise.allSettled(booted.map(one => startHeartbeat(testbed, one.host)))
  throwFirst([...undone, ...revived, ...restored, ...started])
}

const undoOn = async (testbed: Testbed, { host, act }: Made): Promise<void> => {
  const vars = testbed.varsOf(host)
  const outside = outsideOf(act, vars)
  if (outside && testbed.lab !== undefined) return doOutside(testbed.lab, host, outside.undo)
  const inside = insideOf(act, vars, testbed.platform, testbed.tools.handOver)
  if (inside?.undo === undefined) return
  const { code, stderr } = await connectionTo(testbed, host).run(undoScript(inside), { timeout: 120_000 })
  if (code !== 0) throw new ApplyFailed(`${act.kind} on ${host} could not be undone; its own timer will retry`, { detail: stderr })
  if (testbed.lab === undefined && cutsOurWay(act)) await testbed.hosts.reconnect(host)
}

/** Brings back a node that was off or stopped. */
const revive = async (testbed: Testbed, { host, act }: Made, boot = ''): Promise<void> => {
  if (testbed.lab !== undefined && act.kind === 'power-off') await awaitOutside(testbed.lab, host)
  await reach(testbed, host, { seconds: bootLimit, ...(endsBoot(act) && { notBoot: boot }) })
  testbed.dark.delete(host)
}

/** After a boot, starts heartbeat as an operator would after checking why the node went down. */
const startHeartbeat = async (testbed: Testbed, host: string): Promise<void> => {
  const { isActive, start } = testbed.platform.commands
  // The reference setup keeps rpcbind off at boot too, and cannot start NFS without it.
  const units = [...(testbed.vars.ha_stack === 'article' ? testbed.platform.portmapUnits : []), testbed.platform.services.heartbeat]
  const { code, stderr } = await connectionTo(testbed, host).run(
    units.map(unit => `{ [ "$(${isActive(unit)})" = active ] || ${start(unit).join(' ')}; }`).join(' && '),
    { timeout: 120_000 },
  )
  if (code !== 0) throw new ApplyFailed(`heartbeat does not start on ${host}`, { detail: stderr })
}

/** A node that has rebooted by itself is taken back as after any boot. */
export const takeInRestarted = async (testbed: Testbed, boots: Boots): Promise<void> => {
  for (const [host, boot] of boots) {
    // It may reboot during the call.
    const back = await reach(testbed, host, { seconds: 5 })
      .then(() => bootIdOf(testbed, host))
      .catch(() => boot)
    if (back !== boot) await startHeartbeat(testbed, host)
  }
}
