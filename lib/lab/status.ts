import { existsSync, readFileSync } from 'node:fs'
import { type MachineName, machineNames, nicsOf } from './machines.ts'
import { labPlaces } from './places.ts'
import { isPaused, labProcesses, processAge } from './processes.ts'
import { qmp } from './qmp.ts'
import { type LabState, readState } from './state.ts'

/** The current state of a machine. */
export interface MachineStatus {
  state: 'running' | 'frozen' | 'stalled' | 'off'
  sshPort: number
  /** Seconds since it was switched on. */
  uptimeSeconds: number
  links: Partial<Record<string, 'up' | 'down'>>
  /** The kernel panics on its console. */
  panics: string[]
}

export interface LabStatus {
  name: string
  created: string
  /** The saved set that it was made from. */
  from?: string
  machines: Record<MachineName, MachineStatus>
}

/** Pure: the panics on a console. The machine reboots after a panic, and there is no other trace of it. */
export const panicsIn = (output: string): string[] =>
  [...output.matchAll(/Kernel panic - not syncing: (.*?)\r?$/gm)].map(([, why = '']) => why)

/** The current state of a lab; undefined when there is no lab with this name. */
export const labStatus = async ({ name = 'default' }: { name?: string } = {}): Promise<LabStatus | undefined> => {
  const state = readState(name)
  if (!state) return undefined
  const running = labProcesses(state.id)
  const read = async (machine: MachineName) => [machine, await machineStatus(name, state, machine, running[machine])] as const
  const machines = Object.fromEntries(await Promise.all(machineNames.map(read))) as Record<MachineName, MachineStatus>
  return { name, created: state.created, ...(state.from ? { from: state.from } : {}), machines }
}

const machineStatus = async (name: string, state: LabState, machine: MachineName, pid: number | undefined): Promise<MachineStatus> => {
  const { qmpSocket, serialLog } = labPlaces(name).machine(machine)
  const isPulled = (nic: string) => state.pulled[machine].some(pulled => pulled === nic)
  const links = Object.fromEntries(nicsOf(machine).map(nic => [nic, isPulled(nic) ? 'down' : 'up'] as const))
  const common = { sshPort: state.sshPorts[machine], links, panics: existsSync(serialLog) ? panicsIn(readFileSync(serialLog, 'utf8')) : [] }
  if (!pid) return { ...common, state: 'off', uptimeSeconds: 0 }
  if (isPaused(pid)) return { ...common, state: 'stalled', uptimeSeconds: processAge(pid) }
  const answer = (await qmp(qmpSocket, 'query-status').catch(() => undefined)) as { status?: string } | undefined
  return { ...common, state: answer?.status === 'paused' ? 'frozen' : 'running', uptimeSeconds: processAge(pid) }
}
