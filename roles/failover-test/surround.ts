import type { Platform } from '../../lib/platform/platform.ts'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import type { Vars } from '../vars.ts'
import { armTimer, detached, endGroup, safePath } from './acts.ts'
import type { Bench } from './bench.ts'
import { connectionTo, otherNode } from './bench.ts'
import type { Work } from './clients.ts'
import { deadClient } from './clients.ts'
import { doOutside } from './outside.ts'
import type { Part, Place, ShellPart, Surrounding } from './surroundings.ts'

/** A surrounding that was made. */
export interface Surrounded {
  surrounding: Surrounding
  /** Removes it, as often as it is called, and resolves with the problems that it has seen since the last time. Throws what could not be removed. */
  restore(): Promise<string[]>
}

/** s after which a host removes its part by itself, whatever becomes of this run. */
const undoAfter = 1800
const fileOf = (part: number, what: 'undo' | 'hold') => `/run/nfsha-surrounding.${part}.${what}`

/** Where a part is undone after `what` was done with it; the last made part first. */
type Undo = () => Promise<string>

/** Makes a surrounding, and takes back what was made of it when that fails. Throws `ApplyFailed`. */
export const surround = async (
  bench: Bench,
  surrounding: Surrounding,
  active: string,
  work: Work,
  say: (text: string) => void,
): Promise<Surrounded> => {
  say(`surrounding: ${surrounding.title}`)
  const undos: Undo[] = []
  const restore = async () => {
    const undone = await Promise.allSettled([...undos].reverse().map(undo => undo()))
    const failed = undone.find(u => u.status === 'rejected')
    if (failed) throw failed.reason
    return undone.flatMap(u => (u.status === 'fulfilled' ? u.value.split('\n').filter(line => line !== '') : []))
  }
  try {
    for (const [index, part] of surrounding.parts.entries()) undos.push(...(await makePart(bench, part, index, active, work, say)))
  } catch (error) {
    await restore().catch(() => undefined)
    throw error
  }
  return { surrounding, restore }
}

const hostsAt = (bench: Bench, place: Place, active: string): string[] =>
  ({ active: [active], standby: [otherNode(bench, active)], both: bench.nodes, client: bench.clients.slice(0, 1) })[place]

const makePart = async (
  bench: Bench,
  part: Part,
  index: number,
  active: string,
  work: Work,
  say: (text: string) => void,
): Promise<Undo[]> => {
  switch (part.kind) {
    case 'shell': {
      const hosts = hostsAt(bench, part.on, active)
      await Promise.all(
        hosts.map(host => runPart(bench, host, makePartScript(part, index, bench.varsOf(host), bench.platform), `not made on ${host}`)),
      )
      const everywhere = part.isOnShare ? bench.nodes : hosts
      return everywhere.map(
        host => () => runPart(bench, host, undoPartScript(part, index, bench.varsOf(host), bench.platform), `not removed on ${host}`),
      )
    }
    case 'outside': {
      const [host = ''] = hostsAt(bench, part.on, active)
      const { lab } = bench
      if (lab === undefined) throw new ApplyFailed('these are no machines of a lab')
      await doOutside(lab, host, [part.make])
      // The limit ends with the emulator.
      return [() => doOutside(lab, host, [part.undo]).then(() => '')]
    }
    case 'lost-client': {
      const lost = await deadClient(bench, work, say, part.leases)
      return [() => lost?.end().then(() => '') ?? Promise.resolve('')]
    }
  }
}

/** Pure: arms the timer, makes the part, and starts what runs beside the fault. */
export const makePartScript = (part: ShellPart, index: number, vars: Vars, platform: Platform): string => {
  const hold = part.hold?.(vars, platform)
  return `${safePath}
${armTimer(fileOf(index, 'undo'), `${endGroup(fileOf(index, 'hold'))}; ${part.undo?.(vars, platform) ?? ':'}`, undoAfter)}
( ${part.make?.(vars, platform) ?? ':'} ) >/dev/null || exit 1
${hold === undefined ? '' : detached(`echo $$ > ${fileOf(index, 'hold')}; ${hold}`)}`
}

/** Pure: ends what runs beside the fault, undoes the part, and ends the timer that would do it again. */
export const undoPartScript = (part: ShellPart, index: number, vars: Vars, platform: Platform): string => `${safePath}
${endGroup(fileOf(index, 'hold'))}
${endGroup(fileOf(index, 'undo'))}
${part.undo?.(vars, platform) ?? ':'}`

const runPart = async (bench: Bench, host: string, script: string, problem: string): Promise<string> => {
  const { code, stdout, stderr } = await connectionTo(bench, host).run(script, { timeout: 300_000 })
  if (code !== 0) throw new ApplyFailed(`the surrounding was ${problem}`, { detail: stderr })
  return stdout
}
