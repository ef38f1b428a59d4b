import { replaceMachine } from './create.ts'
import { LabError } from './error.ts'
import type { MachineName } from './machines.ts'
import { labProcesses } from './processes.ts'
import { requireState, withLabLock } from './state.ts'
import { requireImage } from './up.ts'

/**
 * Replaces a machine that is switched off by a bare one: same name and addresses, everything else is new. The fault `power-on` switches it
 * on. @throws LabError while the old machine is running
 */
export const labReplace = async (name: string, machine: MachineName, { drbdDiskMiB = 320 } = {}): Promise<void> => {
  await withLabLock(name, async () => {
    const state = requireState(name)
    if (labProcesses(state.id)[machine])
      throw new LabError(`${machine} is running`, `switch it off: nfsha-play lab fault power-off ${machine} --name ${name}`)
    await replaceMachine(name, machine, requireImage(name, state.imageKeys[machine]), drbdDiskMiB)
  })
}
