import { vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'
import type { Fault } from './catalogue.ts'
import { catalogue, whyNot } from './catalogue.ts'

export interface Planned {
  fault: Fault
  /** From 1, for each fault. */
  run: number
}

export interface TestPlan {
  trials: Planned[]
  skipped: { fault: string; reason: string }[]
  /** Of a random choice. */
  seed?: number
}

/** A generator of numbers from 0 to 1 (mulberry32): small, and the same everywhere for the same seed. */
const randomNumbers = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const numbered = (faults: readonly Fault[]): Planned[] =>
  faults.map((fault, i) => ({ fault, run: faults.slice(0, i).filter(f => f === fault).length + 1 }))

/** Pure: what a test will do, in order, or why it does nothing. `seed`: for a random choice without one of its own. */
export const planOf = (vars: Vars, seed: number): TestPlan | string => {
  const lab = vars.nfsha_lab !== undefined
  if (!lab && vars.confirm !== vipAddress(vars))
    return `these are no machines of the lab, and every client of ${vipAddress(vars)} will suffer: say that it is meant with -e confirm=<the virtual IP>`
  const names = vars.failover_faults === 'all' ? undefined : vars.failover_faults.split(',')
  const unknown = names?.filter(name => !catalogue.some(f => f.name === name)) ?? []
  if (unknown.length > 0) return `failover_faults: no fault ${unknown.join(', ')}; there are ${catalogue.map(f => f.name).join(', ')}`
  const wanted = names ? names.flatMap(name => catalogue.filter(f => f.name === name)) : catalogue
  const judged = wanted.map(fault => ({ fault, reason: whyNot(fault, { lab, stage: vars.ha_stage }) }))
  const possible = judged.filter(j => j.reason === undefined).map(j => j.fault)
  const skipped = judged.flatMap(j => (j.reason === undefined ? [] : [{ fault: j.fault.name, reason: j.reason }]))
  if (possible.length === 0) return `none of these faults can be made here: ${skipped.map(s => `${s.fault} ${s.reason}`).join('; ')}`
  if (vars.failover_random === undefined)
    return { trials: numbered(possible.flatMap(fault => Array<Fault>(vars.failover_runs).fill(fault))), skipped }
  const chosen = vars.failover_seed ?? seed
  const next = randomNumbers(chosen)
  const faults = possible.filter(f => f.name !== 'nothing')
  const random = Array.from({ length: vars.failover_random }, () => faults[Math.floor(next() * faults.length)] as Fault)
  return { trials: numbered(random), skipped, seed: chosen }
}
