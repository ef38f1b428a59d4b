import { replaceMachine } from './create.ts'
import { LabError } from './error.ts'
import type { MachineName } from './machines.ts'
import { labProcesses } from './processes.ts'
import { requireState, withLabLock } from './state.ts'
import { requireImage } from './up.ts'

/**
 * Puts a bare machine in the place of one that is switched off: same name and addresses, everything else is new. Switched on with the fault `power-on`. Throws
 * `LabError` while the old one runs.
 */
export const labReplace = async (name: string, machine: MachineName, { drbdDiskMiB = 320 } = {}): Promise<void> => {
  await withLabLock(name, async () => {
    const state = requireState(name)
    if (labProcesses(state.id)[machine])
      throw new LabError(`${machine} is running`, `switch it off: nfsha-play lab fault power-off ${machine} --name ${name}`)
    await replaceMachine(name, machine, requireImage(name, state.imageKeys[machine]), drbdDiskMiB)
  })
}
