import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MachineName, machineNames } from './machines.ts'

/** The processes of one lab that run now. */
export type LabProcesses = Partial<Record<MachineName | 'gateway', number>>

/** What a lab's processes carry among their arguments, so that they are known by it whoever started them and however that ended. */
export const processMarker = (labId: string, part: MachineName | 'gateway'): string => `nfsha-lab-${labId}-${part}`

/**
 * Finds a lab's processes by their marker. No recorded process number can go stale or be missing: a killed run leaves nothing
 * that the next one would not find.
 */
export const labProcesses = (labId: string): LabProcesses => {
  const found: LabProcesses = {}
  for (const { pid, args } of runningCommands()) {
    for (const part of [...machineNames, 'gateway' as const]) {
      const marker = processMarker(labId, part)
      // The gateway is given the markers of the machines too: an emulator has its own as the name of its guest.
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
      return [] // it ended in between, or is another user's
    }
    })

/** Ends a process as a power loss ends a machine, and waits until it is gone. */
export const kill = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
  for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 20) await sleep(20)
}

/** Stops a process where it is, or lets it go on. */
export const pause = (pid: number, isPaused: boolean): void => {
  process.kill(pid, isPaused ? 'SIGSTOP' : 'SIGCONT')
}

/** Whether a process was stopped by a signal. */
export const isPaused = (pid: number): boolean => processStat(pid)?.state === 'T'

/** Whether a process runs; one that is only waiting to be collected does not. */
export const isAlive = (pid: number): boolean => processStat(pid) !== undefined

/**
 * When a process started, in clock ticks since boot; nothing when it does not run. A killed process of several threads may
 * have a first thread that is gone (Z) and others that still hold its ports and files: it runs until the last has ended.
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

/** For how many seconds a process has run. */
export const processAge = (pid: number): number => {
  const stat = processStat(pid)
  if (!stat) return 0
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  return Math.max(0, Math.round(uptime - stat.startTicks / ticksPerSecond))
}
