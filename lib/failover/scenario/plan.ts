import type { Change } from '../../resources/verdict.ts'
import type { PairSettings } from '../testbed/settings.ts'
import { vipAddress } from '../testbed/settings.ts'
import type { Fault } from './catalogue.ts'
import { catalogue, whereNames, whyNot } from './catalogue.ts'
import type { Surrounding } from './surroundings.ts'
import { surroundings, whyNoSurrounding } from './surroundings.ts'

export interface Planned {
  fault: Fault
  /** The surrounding, if there is one. */
  surrounding?: Surrounding
  /** From 1, for each fault in each surrounding. */
  run: number
}

export interface TestPlan {
  trials: Planned[]
  skipped: { fault: string; reason: string }[]
  /** Seed of a random choice. */
  seed?: number
}

export const titleOf = ({ fault, surrounding }: Planned): string => (surrounding ? `${fault.title}, ${surrounding.title}` : fault.title)

/** A planned trial, as shown by `--check`. */
export const changeOf = (planned: Planned): Change => ({
  attribute: `${titleOf(planned)}${planned.run > 1 ? ` (${planned.run})` : ''}`,
  from: 'not tried',
  to: `tried on ${[...new Set(planned.fault.steps.map(s => whereNames[s.on]))].join(' and ')}`,
})

/** A generator of numbers from 0 to 1 (mulberry32): small, and reproducible from a seed on every platform. */
const randomNumbers = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const numbered = (chosen: readonly Omit<Planned, 'run'>[]): Planned[] =>
  chosen.map((one, i) => ({
    ...one,
    run: chosen.slice(0, i).filter(c => c.fault === one.fault && c.surrounding === one.surrounding).length + 1,
  }))

/** Faults to try in each surrounding, unless the operator names others. */
const sampleFaults = ['switchover', 'power-loss', 'power-loss-standby']

/** Pure: the trials of a test in order, or why there are none. `seed`: for a random choice without its own. */
export const planOf = (vars: PairSettings, seed: number): TestPlan | string => {
  const lab = vars.failover_lab !== undefined
  if (!lab && vars.failover_confirm !== vipAddress(vars))
    return `these machines are not in a lab, and every client of ${vipAddress(vars)} will be interrupted: confirm with -e failover_confirm=<the virtual IP>`
  const around = surroundingsOf(vars)
  if (typeof around === 'string') return around
  const named = vars.failover_faults === 'all' ? undefined : vars.failover_faults.split(',')
  const names = around === undefined ? named : (named ?? sampleFaults)
  const unknown = names?.filter(name => !catalogue.some(f => f.name === name)) ?? []
  if (unknown.length > 0) return `failover_faults: unknown fault ${unknown.join(', ')}; there are ${catalogue.map(f => f.name).join(', ')}`
  const wanted = names ? names.flatMap(name => catalogue.filter(f => f.name === name)) : catalogue
  const judged = wanted.map(fault => ({ fault, reason: whyNot(fault, { lab, stage: vars.ha_stage }) }))
  const possible = judged.filter(j => j.reason === undefined).map(j => j.fault)
  const skipped = judged.flatMap(j => (j.reason === undefined ? [] : [{ fault: j.fault.name, reason: j.reason }]))
  if (possible.length === 0) return `none of these faults is possible here: ${skipped.map(s => `${s.fault} ${s.reason}`).join('; ')}`
  const often = <T>(one: T): T[] => Array<T>(vars.failover_runs).fill(one)
  if (around !== undefined)
    return {
      trials: numbered(around.possible.flatMap(surrounding => possible.flatMap(fault => often({ fault, surrounding })))),
      skipped: [...skipped, ...around.skipped],
    }
  if (vars.failover_random === undefined) return { trials: numbered(possible.flatMap(fault => often({ fault }))), skipped }
  const chosen = vars.failover_seed ?? seed
  const next = randomNumbers(chosen)
  const faults = possible.filter(f => f.name !== 'nothing')
  const random = Array.from({ length: vars.failover_random }, () => faults[Math.floor(next() * faults.length)] as Fault)
  return { trials: numbered(random.map(fault => ({ fault }))), skipped, seed: chosen }
}

interface Around {
  possible: Surrounding[]
  skipped: TestPlan['skipped']
}

/** The requested surroundings, or why they cannot be set up; undefined when none was requested. */
const surroundingsOf = (vars: PairSettings): Around | string | undefined => {
  const { failover_surroundings: asked } = vars
  if (asked === undefined) return undefined
  if (vars.failover_random !== undefined) return 'failover_surroundings can be combined with failover_faults, but not with failover_random'
  if (vars.ha_stage !== 'full') return 'failover_surroundings needs ha_stage: full'
  const names = asked === 'all' ? surroundings.map(s => s.name) : asked.split(',')
  const unknown = names.filter(name => !surroundings.some(s => s.name === name))
  if (unknown.length > 0)
    return `failover_surroundings: unknown surrounding ${unknown.join(', ')}; there are ${surroundings.map(s => s.name).join(', ')}`
  const judged = names
    .flatMap(name => surroundings.filter(s => s.name === name))
    .map(surrounding => ({ surrounding, reason: whyNoSurrounding(surrounding, vars) }))
  const possible = judged.filter(j => j.reason === undefined).map(j => j.surrounding)
  const skipped = judged.flatMap(j => (j.reason === undefined ? [] : [{ fault: j.surrounding.name, reason: j.reason }]))
  if (possible.length === 0) return `none of these surroundings is possible here: ${skipped.map(s => `${s.fault} ${s.reason}`).join('; ')}`
  return { possible, skipped }
}
