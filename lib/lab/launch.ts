import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { packagedFile } from '../text/packaged.ts'
import { chooseAccelerator } from './accelerator.ts'
import { lastLines } from './command.ts'
import { emulatorArguments, gatewayArguments, hasDataDisks } from './emulator.ts'
import { LabError } from './error.ts'
import type { BareImage } from './image.ts'
import type { MachineName } from './machines.ts'
import { emulatorCommand } from './own-emulator.ts'
import { labPlaces } from './places.ts'
import { powerKey } from './power.ts'
import { isAlive, kill, processMarker } from './processes.ts'
import { qmp } from './qmp.ts'
import type { LabState } from './state.ts'

interface LaunchOptions {
  /** The process dies with its parent: for a test's lab, which must not outlive the test. */
  ephemeral: boolean
}

// A bare machine uses 50 MiB; apt's dependency solver needs the most, about 200 MiB. The rest is page cache, which makes NFS fast.
const memoryMib: Record<MachineName, number> = { M1: 512, M2: 512, C1: 384 }

/** Switches a machine on. @returns the pid of its emulator; the machine has not booted yet */
export const startMachine = async (
  name: string,
  state: LabState,
  image: BareImage,
  machine: MachineName,
  options: LaunchOptions,
): Promise<number> => {
  const files = labPlaces(name).machine(machine)
  rmSync(files.qmpSocket, { force: true })
  const accelerator = await chooseAccelerator(image.kernel)
  const [command, ...before] = emulatorCommand(accelerator)
  const args = emulatorArguments({
    machine,
    marker: processMarker(state.id, machine),
    accelerator,
    memoryMiB: memoryMib[machine],
    sshPort: state.sshPorts[machine],
    segments: state.segments,
    kernel: image.kernel,
    initrd: files.initrd,
    rootDisk: files.root,
    dataDisks: hasDataDisks(machine) ? [files.drbdDisk, files.spareDisk] : [],
    qmpSocket: files.qmpSocket,
    serialLog: files.serialLog,
  })
  const pid = startProcess(command, [...before, ...args], files.qemuLog, options)
  await awaitEmulator(machine, pid, files.qmpSocket, files.qemuLog)
  try {
    for (const nic of state.pulled[machine]) await qmp(files.qmpSocket, 'set_link', { name: nic, up: false })
  } catch (error) {
    await kill(pid)
    throw error
  }
  return pid
}

/** Starts the process that plays the article's gateway. @returns its pid */
export const startGateway = (name: string, state: LabState, options: LaunchOptions): number => {
  const places = labPlaces(name)
  const power = {
    keyFile: powerKey(name),
    nodes: (['M1', 'M2'] as const).map(node => ({
      name: node,
      qmpSocket: places.machine(node).qmpSocket,
      marker: processMarker(state.id, node),
    })),
  }
  const args = gatewayArguments(packagedFile('lib/lab/gateway.js'), processMarker(state.id, 'gateway'), state.segments, power)
  return startProcess(process.execPath, args, places.gatewayLog, options)
}

const startProcess = (command: string, args: string[], log: string, { ephemeral }: LaunchOptions): number => {
  const output = openSync(log, 'a')
  try {
    const child = ephemeral
      ? spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', output, output] })
      : spawn(command, args, { stdio: ['ignore', output, output], detached: true, cwd: '/' })
    child.once('error', () => undefined) // shows as a missing pid
    child.unref()
    if (child.pid) return child.pid
    throw new LabError(`cannot start ${command}`)
  } finally {
    closeSync(output)
  }
}

/** qemu exits at once on a bad argument; otherwise it soon answers on its socket, which exists a moment before qemu listens. */
const awaitEmulator = async (machine: MachineName, pid: number, socket: string, log: string): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    if (!isAlive(pid))
      throw new LabError(`the emulator of ${machine} exited at once:\n${lastLines(readFileSync(log, 'utf8'), 4)}`, `its log is ${log}`)
    if (await answers(socket)) return
    await sleep(50)
  }
  await kill(pid)
  throw new LabError(`the emulator of ${machine} does not answer on ${socket}`, `its log is ${log}`)
}

const answers = (socket: string): Promise<boolean> =>
  qmp(socket, 'query-status').then(
    () => true,
    () => false,
  )
