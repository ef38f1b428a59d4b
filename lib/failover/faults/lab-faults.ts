import type { Fault } from '../../lab/index.ts'
import { isMachineName, labFault, labReady } from '../../lab/index.ts'
import { ApplyFailed } from '../../resources/outcome.ts'
import type { Act } from '../scenario/catalogue.ts'
import type { PairSettings } from '../testbed/settings.ts'
import { nicOf } from './guest-faults.ts'

/** Faults that the lab can inject. This is the only file of this folder that knows the lab. */
export type LabFault = Fault

/** What is done to a machine of the lab, and what undoes it: `[fault, NIC]`. Pure. */
export const outsideOf = (act: Act, vars: PairSettings): { make: [LabFault, string?][]; undo: [LabFault, string?][] } | undefined => {
  switch (act.kind) {
    case 'cable': {
      const nics = act.links.map(link => nicOf(vars, link))
      return { make: nics.map(nic => ['link-down', nic]), undo: nics.map(nic => ['link-up', nic]) }
    }
    case 'power-off':
      return { make: [['power-off']], undo: [['power-on']] }
    case 'freeze':
      return { make: [['freeze']], undo: [['thaw']] }
    case 'stall':
      return { make: [['stall']], undo: [['resume']] }
    case 'nothing':
    case 'hand-over':
    case 'heartbeat-stop':
    case 'ifdown':
    case 'reset':
    case 'reboot':
      return undefined
    default:
      return act satisfies never
  }
}

export const doOutside = async (lab: string, host: string, acts: [LabFault, string?][]): Promise<void> => {
  if (!isMachineName(host)) throw new ApplyFailed(`${host} is not a machine of lab '${lab}'`)
  for (const [fault, nic] of acts) await labFault(lab, host, fault, nic)
}

/** Resolves when a booting machine accepts a login as root. */
export const awaitOutside = async (lab: string, host: string): Promise<void> => {
  if (isMachineName(host)) await labReady(lab, host)
}
