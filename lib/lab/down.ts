import { setTimeout as sleep } from 'node:timers/promises'
import { sshRun } from './connection.ts'
import { type MachineName, machineNames } from './machines.ts'
import { labPlaces } from './places.ts'
import { isAlive, isPaused, kill, labProcesses, pause } from './processes.ts'
import { qmp } from './qmp.ts'
import { type LabState, readState, withLabLock } from './state.ts'
import { forgetLab, type LabProgress } from './up.ts'

export interface LabDownOptions {
  name?: string
  /** Also remove the disks and keys, without a clean shutdown. */
  destroy?: boolean
  onProgress?: (event: LabProgress) => void
}

/** Stops a lab. Its disks stay for the next `labUp` unless it is destroyed. Does nothing if the lab does not exist. */
export const labDown = async ({ name = 'default', destroy = false, onProgress = () => undefined }: LabDownOptions = {}): Promise<void> => {
  const state = readState(name)
  if (!state) return
  await withLabLock(name, async () => {
    if (!destroy) await powerOffAll(name, state, onProgress)
    await Promise.all(Object.values(labProcesses(state.id)).map(kill))
    if (destroy) forgetLab(name)
  })
}

const orderlyEndMs = 60_000

/** Shuts down every running machine cleanly; cuts the power of one that takes too long. @returns the machines that shut down cleanly */
export const powerOffAll = async (name: string, state: LabState, onProgress: (event: LabProgress) => void): Promise<MachineName[]> => {
  const running = labProcesses(state.id)
  const orderly = await Promise.all(
    machineNames.map(async machine => {
      const pid = running[machine]
      if (!pid) return undefined
      onProgress({ machine, text: 'shutting down' })
      const ended = await powerOff(name, machine, pid)
      onProgress({ machine, text: ended ? 'off' : 'did not shut down in time: power cut' })
      return ended ? machine : undefined
    }),
  )
  return orderly.filter(machine => machine !== undefined)
}

const powerOff = async (name: string, machine: MachineName, pid: number): Promise<boolean> => {
  if (isPaused(pid)) pause(pid, false)
  await qmp(labPlaces(name).machine(machine).qmpSocket, 'cont').catch(() => undefined) // a frozen machine cannot shut down
  const asked = await sshRun(name, machine, 'sync; poweroff', 20_000).catch(() => undefined)
  // ssh loses its connection when sshd stops first: that counts as an answer too
  const deadline = Date.now() + (asked ? orderlyEndMs : 0)
  while (Date.now() < deadline) {
    if (!isAlive(pid)) return true
    await sleep(200)
  }
  await kill(pid)
  return false
}
