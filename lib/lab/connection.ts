import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, type CommandResult, lastLines } from './command.ts'
import { LabError } from './error.ts'
import type { MachineName } from './machines.ts'
import { labPlaces } from './places.ts'
import { labProcesses } from './processes.ts'
import { notRunning, readState, requireState, switchedOff } from './state.ts'

/** The ssh arguments for a machine of the lab. @throws LabError when the lab is not up or the machine is switched off */
export const sshArguments = (name: string, machine: MachineName): string[] => {
  const state = readState(name)
  const running = state ? labProcesses(state.id) : {}
  if (!state || Object.keys(running).length === 0) throw notRunning(name)
  if (!running[machine]) throw switchedOff(name, machine)
  return argumentsFor(name, machine)
}

const argumentsFor = (name: string, machine: MachineName) => ['-F', labPlaces(name).sshConfigFile, machine]

/** Runs one command on a machine by ssh. */
export const sshRun = (
  name: string,
  machine: MachineName,
  command: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<CommandResult> => {
  const args = ['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${Math.ceil(timeoutMs / 1000)}`, ...argumentsFor(name, machine), command]
  return attempt('ssh', args, { timeoutMs, signal })
}

interface WaitOptions {
  timeoutMs?: number
  onProgress?: (text: string) => void
  signal?: AbortSignal | undefined
}

/** Waits until root can log in to a machine by ssh. @throws LabError after `timeoutMs`, or when its emulator exits */
export const awaitSsh = async (
  name: string,
  machine: MachineName,
  { timeoutMs = 180_000, onProgress, signal }: WaitOptions = {},
): Promise<void> => {
  const started = Date.now()
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1)
  const state = requireState(name)
  let last = 'no ssh banner'
  while (Date.now() - started < timeoutMs) {
    signal?.throwIfAborted()
    if (!labProcesses(state.id)[machine]) throw notReady(name, machine, 'its emulator exited')
    if (await answersWithBanner(state.sshPorts[machine])) {
      const login = await sshRun(name, machine, 'true', 30_000, signal)
      if (login.code === 0) return onProgress?.(`ready after ${seconds()} s`)
      last = lastLines(login.stderr, 2) || last
    }
    await sleep(200, undefined, { signal })
  }
  throw notReady(name, machine, `no login within ${timeoutMs / 1000} s: ${last}`)
}

/** The user network accepts a connection before the guest does, so wait for the guest's banner. */
const answersWithBanner = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const finish = (answer: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => finish(false), 3_000)
    socket.once('data', bytes => finish(bytes.subarray(0, 4).toString() === 'SSH-'))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
  })

const notReady = (name: string, machine: MachineName, why: string): LabError => {
  const { serialLog } = labPlaces(name).machine(machine)
  const tail = existsSync(serialLog) ? lastLines(readFileSync(serialLog, 'utf8'), 8) : ''
  return new LabError(
    `${machine} did not come up: ${why}${tail ? `\nIts console ends with:\n${tail}` : ''}`,
    `its console is in ${serialLog}`,
  )
}
