import type { Platform } from '../../platform/platform.ts'
import { ApplyFailed } from '../../resources/outcome.ts'
import type { Work } from '../clients/clients.ts'
import { deadClient } from '../clients/clients.ts'
import type { DeadClient } from '../clients/dead-client.ts'
import type { Part, Place, ShellPart, Surrounding } from '../scenario/surroundings.ts'
import type { PairSettings } from '../testbed/settings.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { connectionTo, otherNode } from '../testbed/testbed.ts'
import { armTimer, detached, endGroup, safePath } from './guest-faults.ts'
import type { LabFault } from './lab-faults.ts'
import { doOutside } from './lab-faults.ts'

/** A surrounding that was set up. */
export interface Surrounded {
  surrounding: Surrounding
  /**
   * Removes it; may be called repeatedly. Resolves with the problems it has seen since the last call. Throws for what could not be removed.
   */
  restore(): Promise<string[]>
}

/** s after which a host removes its part itself, even if this run dies. */
const undoAfter = 1800
const fileOf = (part: number, what: 'undo' | 'hold') => `/run/nfsha-surrounding.${part}.${what}`

/** Sets up a surrounding, and reverts it if that fails. Throws `ApplyFailed`. */
export const surround = async (
  testbed: Testbed,
  surrounding: Surrounding,
  active: string,
  work: Work,
  say: (text: string) => void,
): Promise<Surrounded> => {
  say(`surrounding: ${surrounding.title}`)
  const made: MadePart[] = []
  // One part after the other, the last first: a part that watches another ends before that is removed.
  const restore = async () => {
    const problems: string[] = []
    const failures: unknown[] = []
    for (const part of [...made].reverse()) {
      const undone = await Promise.allSettled(part.undo())
      for (const one of undone)
        if (one.status === 'fulfilled') problems.push(...one.value.split('\n').filter(line => line !== ''))
        else failures.push(one.reason)
    }
    if (failures.length > 0) throw failures[0]
    return problems
  }
  try {
    for (const [index, part] of surrounding.parts.entries()) {
      const one = partOn(testbed, part, index, active, work, say)
      // It may be half set up when it fails.
      made.push(one)
      await one.make()
    }
  } catch (error) {
    await restore().catch(() => undefined)
    throw error
  }
  return { surrounding, restore }
}

interface MadePart {
  make(): Promise<unknown>
  /** Output on each of its hosts. */
  undo(): Promise<string>[]
}

const hostsAt = (testbed: Testbed, place: Place, active: string): string[] =>
  ({ active: [active], standby: [otherNode(testbed, active)], both: testbed.nodes, client: testbed.clients.slice(0, 1) })[place]

const partOn = (testbed: Testbed, part: Part, index: number, active: string, work: Work, say: (text: string) => void): MadePart => {
  switch (part.kind) {
    case 'shell': {
      const hosts = hostsAt(testbed, part.on, active)
      const run = (host: string, script: typeof makePartScript, problem: string) =>
        runPart(testbed, host, script(part, index, testbed.varsOf(host), testbed.platform), problem)
      return {
        make: () => Promise.all(hosts.map(host => run(host, makePartScript, `not set up on ${host}`))),
        undo: () => (part.isOnShare ? testbed.nodes : hosts).map(host => run(host, undoPartScript, `not removed on ${host}`)),
      }
    }
    case 'outside': {
      const [host = ''] = hostsAt(testbed, part.on, active)
      const act = async (fault: [LabFault, string]) => {
        if (testbed.lab === undefined) throw new ApplyFailed('these machines are not in a lab')
        await doOutside(testbed.lab, host, [fault])
        return ''
      }
      return { make: () => act(part.make), undo: () => [act(part.undo)] }
    }
    case 'lost-client': {
      let lost: DeadClient | undefined
      const end = async () => {
        await lost?.end()
        lost = undefined
        return ''
      }
      return {
        make: async () => {
          lost = await deadClient(testbed, work, say, part.leases)
        },
        undo: () => [end()],
      }
    }
  }
}

/** Pure: arms the timer, sets up the part, and starts what runs during the fault. */
export const makePartScript = (part: ShellPart, index: number, vars: PairSettings, platform: Platform): string => {
  const hold = part.hold?.(vars, platform)
  return `${safePath}
${armTimer(fileOf(index, 'undo'), `${endGroup(fileOf(index, 'hold'))}; ${part.undo?.(vars, platform) ?? ':'}`, undoAfter)}
( ${part.make?.(vars, platform) ?? ':'} ) >/dev/null || exit 1
${hold === undefined ? '' : detached(`echo $$ > ${fileOf(index, 'hold')}; ${hold}`)}`
}

/** Pure: ends what runs during the fault, undoes the part, and ends the timer that would do so again. */
export const undoPartScript = (part: ShellPart, index: number, vars: PairSettings, platform: Platform): string => `${safePath}
${endGroup(fileOf(index, 'hold'))}
${endGroup(fileOf(index, 'undo'))}
${part.undo?.(vars, platform) ?? ':'}`

const runPart = async (testbed: Testbed, host: string, script: string, problem: string): Promise<string> => {
  const { code, stdout, stderr } = await connectionTo(testbed, host).run(script, { timeout: 300_000 })
  if (code !== 0) throw new ApplyFailed(`the surrounding was ${problem}`, { detail: stderr })
  return stdout
}
