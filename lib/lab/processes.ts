import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MachineName, machineNames } from './machines.ts'

/** The pids of a lab's running processes. */
export type LabProcesses = Partial<Record<MachineName | 'gateway', number>>

/** The marker among the arguments of a lab's processes. It identifies them whoever started them, even after a killed run. */
export const processMarker = (labId: string, part: MachineName | 'gateway'): string => `nfsha-lab-${labId}-${part}`

/**
 * Finds a lab's processes by their marker. Pids are never recorded, so they cannot become stale or get lost: the next run finds
 * everything that a killed run left behind.
 */
export const labProcesses = (labId: string): LabProcesses => {
  const found: LabProcesses = {}
  for (const { pid, args } of runningCommands()) {
    for (const part of [...machineNames, 'gateway' as const]) {
      const marker = processMarker(labId, part)
      // The gateway's arguments contain the markers of the machines too; an emulator has its marker as the name of its guest.
      if (args.includes(part === 'gateway' ? marker : `guest=${marker}`)) found[part] = pid
    }
  }
  return found
}

const runningCommands = (): Array<{ pid: number; args: string[] }> =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      // biome-ignore format: one sentence
      try {
      return [{ pid: Number(name), args: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') }]
    } catch {
      return [] // it has exited meanwhile, or belongs to another user
    }
    })

/** Kills a process like a power loss, and waits until it is gone. */
export const kill = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
  for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 20) await sleep(20)
}

/** Stops a process, or continues it. */
export const pause = (pid: number, isPaused: boolean): void => {
  process.kill(pid, isPaused ? 'SIGSTOP' : 'SIGCONT')
}

/** Whether a process was stopped by a signal. */
export const isPaused = (pid: number): boolean => processStat(pid)?.state === 'T'

/** Whether a process is running; a zombie is not. */
export const isAlive = (pid: number): boolean => processStat(pid) !== undefined

/**
 * The state of a process and its start in clock ticks since boot; undefined when it is not running. In a killed process with several
 * threads the first may be a zombie (Z) while others still hold ports and files: it counts as running until the last thread has exited.
 */
export const processStat = (pid: number): { state: string; startTicks: number } | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state = '', threads, startTicks] = [fields[0], Number(fields[17]), Number(fields[19])] // proc_pid_stat(5), from field 3 on
    return state === 'Z' && threads <= 1 ? undefined : { state, startTicks }
  } catch {
    return undefined
  }
}

const ticksPerSecond = 100 // USER_HZ, fixed on Linux for x86

/** For how many seconds a process has been running. */
export const processAge = (pid: number): number => {
  const stat = processStat(pid)
  if (!stat) return 0
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  return Math.max(0, Math.round(uptime - stat.startTicks / ticksPerSecond))
}
