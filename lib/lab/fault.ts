import { awaitSsh } from './connection.ts'
import { LabError } from './error.ts'
import { startMachine } from './launch.ts'
import { type MachineName, machines, nicsOf, type SegmentName } from './machines.ts'
import { labPlaces } from './places.ts'
import { isPortFree } from './ports.ts'
import { kill, labProcesses, pause } from './processes.ts'
import { qmp } from './qmp.ts'
import { type LabState, nameOption, requireState, switchedOff, withLabLock, writeState } from './state.ts'
import { requireImage } from './up.ts'

/** The faults that can be injected from outside a machine. */
export const faults = [
  'power-off',
  'power-on',
  'reset',
  'freeze',
  'thaw',
  'stall',
  'resume',
  'link-down',
  'link-up',
  'disk-slow',
  'disk-fast',
  'disk-grow',
] as const

export type Fault = (typeof faults)[number]

/**
 * Injects a fault from outside, as it would happen to real hardware: `power-off` cuts the power, `link-down em2` pulls a cable.
 * `power-on` returns when the machine is switched on, not when it has booted: see `labReady`.
 */
export const labFault = async (name: string, machine: MachineName, fault: Fault, arg?: string): Promise<void> => {
  const state = requireState(name)
  const pid = labProcesses(state.id)[machine]
  // A stalled machine may have been fenced meanwhile: then it is powered off.
  if (fault === 'power-on' || (fault === 'resume' && !pid)) return pid ? undefined : powerOn(name, machine)
  if (!pid) throw switchedOff(name, machine)
  const socket = labPlaces(name).machine(machine).qmpSocket
  switch (fault) {
    case 'power-off':
      return kill(pid)
    case 'reset':
      return void (await qmp(socket, 'system_reset'))
    case 'freeze':
      return void (await qmp(socket, 'stop'))
    case 'thaw':
      return void (await qmp(socket, 'cont'))
    // Clocks keep running while the process is stopped: afterwards the machine sees that time has passed.
    case 'stall':
    case 'resume':
      return pause(pid, fault === 'stall')
    case 'link-down':
    case 'link-up': {
      const nic = checkNic(machine, arg)
      await qmp(socket, 'set_link', { name: nic, up: fault === 'link-up' })
      return rememberCable(name, state, machine, nic, fault)
    }
    case 'disk-slow':
    case 'disk-fast':
      return void (await qmp(socket, 'block_set_io_throttle', throttle(checkDisk(machine, arg), fault === 'disk-slow' ? slowDisk : 0)))
    case 'disk-grow':
      return growDisk(socket, machine, arg)
    default:
      fault satisfies never
  }
}

/** Waits until root can log in to a machine by ssh, after a `power-on` or a `reset`. */
export const labReady = async (name: string, machine: MachineName, timeoutMs = 180_000): Promise<void> => {
  if (!labProcesses(requireState(name).id)[machine]) throw switchedOff(name, machine)
  await awaitSsh(name, machine, { timeoutMs })
}

const powerOn = async (name: string, machine: MachineName): Promise<void> => {
  await withLabLock(name, async () => {
    const state = requireState(name)
    const port = state.sshPorts[machine]
    if (!(await isPortFree(port)))
      throw new LabError(
        `port ${port} of ${machine} was taken by another program`,
        `let the lab choose another: nfsha-play lab up${nameOption(name)}`,
      )
    await startMachine(name, state, requireImage(name, state.imageKeys[machine]), machine, { ephemeral: state.ephemeral ?? false })
  })
}

const checkNic = (machine: MachineName, arg: string | undefined): SegmentName => {
  const segments = nicsOf(machine).filter(nic => nic !== 'em0')
  const nic = segments.find(name => name === arg)
  if (nic) return nic
  const why = arg === 'em0' ? 'em0 is the lab\'s own connection to the machine' : `${machine} has no NIC '${arg ?? ''}'` // biome-ignore format: quotes
  throw new LabError(why, `choose one of ${segments.join(', ')}`)
}

/** Operations per second of a slow disk: worn out, or with an empty cache battery. */
const slowDisk = 40

/** 0 means no limit (QMP, block_set_io_throttle). */
const throttle = (device: string, operations: number): Record<string, string | number> => ({
  device,
  iops: operations,
  iops_rd: 0,
  iops_wr: 0,
  bps: 0,
  bps_rd: 0,
  bps_wr: 0,
})

const checkDisk = (machine: MachineName, arg: string | undefined): string => {
  const disks = ['vda', ...(machines[machine].dataDisks ? ['vdb', 'vdc'] : [])]
  if (arg !== undefined && disks.includes(arg)) return arg
  throw new LabError(`${machine} has no disk '${arg ?? ''}'`, `choose one of ${disks.join(', ')}`)
}

/** `vdb+64` adds 64 MiB, visible to the machine at once, like a volume of a storage array. The size survives a power cycle. */
const growDisk = async (socket: string, machine: MachineName, arg = ''): Promise<void> => {
  const [, name = arg, more = ''] = /^(\w+)\+([1-9]\d*)$/.exec(arg) ?? []
  const device = checkDisk(machine, name)
  if (more === '') throw new LabError(`the size to add to ${device} is missing`, `give it in MiB: ${device}+64`)
  const disks = (await qmp(socket, 'query-block')) as { device: string; inserted?: { image: { 'virtual-size': number } } }[]
  const size = disks.find(disk => disk.device === device)?.inserted?.image['virtual-size'] ?? 0
  await qmp(socket, 'block_resize', { device, size: size + Number(more) * 2 ** 20 })
}

const rememberCable = (name: string, state: LabState, machine: MachineName, nic: SegmentName, fault: Fault): void => {
  const others = state.pulled[machine].filter(pulled => pulled !== nic)
  state.pulled[machine] = fault === 'link-down' ? [...others, nic].sort() : others
  writeState(name, state)
}
