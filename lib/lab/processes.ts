import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MACHINE_NAMES, type MachineName } from './machines.ts'

/** The processes of one lab that run now. */
export type LabProcesses = Partial<Record<MachineName | 'gateway', number>>

/** What a lab's processes carry among their arguments, so that they are known by it whoever started them and however that ended. */
export function processMarker(labId: string, part: MachineName | 'gateway'): string {
  return `nfsha-lab-${labId}-${part}`
}

/**
 * Finds a lab's processes by their marker. No recorded process number can go stale or be missing: a killed run leaves nothing
 * that the next one would not find.
 */
export function labProcesses(labId: string): LabProcesses {
  const found: LabProcesses = {}
  for (const { pid, args } of runningCommands()) {
    for (const part of [...MACHINE_NAMES, 'gateway' as const]) {
      const marker = processMarker(labId, part)
      // The gateway is given the markers of the machines too: an emulator has its own as the name of its guest.
      if (args.includes(part === 'gateway' ? marker : `guest=${marker}`)) found[part] = pid
    }
  }
  return found
}

function runningCommands(): Array<{ pid: number; args: string[] }> {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      // biome-ignore format: one sentence
      try {
      return [{ pid: Number(name), args: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') }]
    } catch {
      return [] // it ended in between, or is another user's
    }
    })
}

/** Ends a process as a power loss ends a machine, and waits until it is gone. */
export async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
  for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 20) await sleep(20)
}

/** Stops a process where it is, or lets it go on. */
export function pause(pid: number, isPaused: boolean): void {
  process.kill(pid, isPaused ? 'SIGSTOP' : 'SIGCONT')
}

/** Whether a process was stopped by a signal. */
export function isPaused(pid: number): boolean {
  return processStat(pid)?.state === 'T'
}

/** Whether a process runs; one that is only waiting to be collected does not. */
export function isAlive(pid: number): boolean {
  return processStat(pid) !== undefined
}

/**
 * When a process started, in clock ticks since boot; nothing when it does not run. A killed process of several threads may
 * have a first thread that is gone (Z) and others that still hold its ports and files: it runs until the last has ended.
 */
export function processStat(pid: number): { state: string; startTicks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state = '', threads, startTicks] = [fields[0], Number(fields[17]), Number(fields[19])] // proc_pid_stat(5), from field 3 on
    return state === 'Z' && threads <= 1 ? undefined : { state, startTicks }
  } catch {
    return undefined
  }
}

const TICKS_PER_SECOND = 100 // USER_HZ, fixed on Linux for x86

/** For how many seconds a process has run. */
export function processAge(pid: number): number {
  const stat = processStat(pid)
  if (!stat) return 0
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  return Math.max(0, Math.round(uptime - stat.startTicks / TICKS_PER_SECOND))
}
