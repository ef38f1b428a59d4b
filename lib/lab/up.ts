import { rmSync } from 'node:fs'
import { chooseAccelerator } from './accelerator.ts'
import { awaitSsh } from './connection.ts'
import { writeConnectionFiles } from './connection-files.ts'
import { createLab } from './create.ts'
import { LabError } from './error.ts'
import { ensureHostTools } from './host-tools.ts'
import { type BareImage, ensureImage, imageDir, readImage } from './image.ts'
import { startGateway, startMachine } from './launch.ts'
import { byMachine, type MachineName, machineNames } from './machines.ts'
import { ensureEmulator } from './own-emulator.ts'
import { labPlaces } from './places.ts'
import { freePorts, isPortFree } from './ports.ts'
import { kill, labProcesses } from './processes.ts'
import type { Init } from './recipe.ts'
import { defaultRelease, everywhere, type Release } from './release.ts'
import { requireSaved } from './saved.ts'
import { type LabState, nameOption, readState, withLabLock, writeState } from './state.ts'

/** A progress event while a lab is changed; without a machine it concerns all of them. */
export interface LabProgress {
  machine?: MachineName
  text: string
}

export interface LabUpOptions {
  name?: string
  /** Start a new lab from this saved set instead of from bare machines. */
  from?: string
  /** The init system of a new bare lab's machines; default systemd. */
  init?: Init
  /** The Debian release of each of a new bare lab's machines. */
  releases?: Record<MachineName, Release>
  /** Only these machines; default all three. */
  machines?: readonly MachineName[]
  /** The size of the DRBD disk of a new bare lab. */
  drbdDiskMiB?: number
  /** The new lab's processes die with the process that starts them: for tests. */
  ephemeral?: boolean
  onProgress?: (event: LabProgress) => void
  signal?: AbortSignal
}

/** Starts a lab: creates it if it does not exist, switches on what is off, and waits until root can log in everywhere. @throws LabError */
export const labUp = async (options: LabUpOptions = {}): Promise<void> => {
  const { name = 'default', onProgress = () => undefined, signal } = options
  await ensureHostTools(text => onProgress({ text }), signal)
  const { started, state } = await withLabLock(name, () => startAll(name, options))
  try {
    const wanted = options.machines ?? machineNames
    await Promise.all(
      wanted.map(machine =>
        awaitSsh(name, machine, { signal, onProgress: text => started.includes(machine) && onProgress({ machine, text }) }),
      ),
    )
  } catch (error) {
    // an interrupted start leaves no half-booted machines; those that ran before stay
    if (signal?.aborted) await endProcesses(state, started)
    throw error
  }
}

const startAll = async (name: string, options: LabUpOptions): Promise<{ started: MachineName[]; state: LabState }> => {
  const { onProgress = () => undefined, signal } = options
  const { state, images } = await prepare(name, options)
  await ensureEmulator(await chooseAccelerator(images.M1.kernel), text => onProgress({ text }), signal)
  const ephemeral = state.ephemeral ?? false
  const running = labProcesses(state.id)
  if (!running.gateway) startGateway(name, state, { ephemeral })
  const missing = (options.machines ?? machineNames).filter(machine => !running[machine])
  await replaceTakenPorts(name, state, missing)
  writeConnectionFiles(name, state)
  const started: MachineName[] = []
  try {
    await Promise.all(
      missing.map(async machine => {
        signal?.throwIfAborted()
        await startMachine(name, state, images[machine], machine, { ephemeral })
        started.push(machine)
        onProgress({ machine, text: 'booting' })
      }),
    )
  } catch (error) {
    await endProcesses(state, missing)
    throw error
  }
  return { started, state }
}

type Images = Record<MachineName, BareImage>

/** The existing lab, or a new one. */
const prepare = async (name: string, options: LabUpOptions): Promise<{ state: LabState; images: Images }> => {
  const { from, init, releases, drbdDiskMiB = 320, ephemeral = false, signal } = options
  const known = readState(name)
  const remove = `remove it first: nfsha-play lab down --destroy${nameOption(name)}`
  if (from && (init || releases)) throw new LabError(`'${from}' has its own release and init: give either --from, or --release and --init`)
  if (known && from && known.from !== from) throw new LabError(`lab '${name}' exists already and was not made from '${from}'`, remove)
  if (known && init && (known.init ?? 'systemd') !== init)
    throw new LabError(`lab '${name}' exists already and was not made with ${init}`, remove)
  if (known && releases && machineNames.some(machine => known.releases[machine] !== releases[machine]))
    throw new LabError(`lab '${name}' exists already and was not made of ${[...new Set(Object.values(releases))].join(' and ')}`, remove)
  if (known) return { state: known, images: byMachine(machine => requireImage(name, known.imageKeys[machine])) }
  const saved = from ? requireSaved(from) : undefined
  const made = releases ?? saved?.releases ?? everywhere(defaultRelease)
  const images = saved
    ? byMachine(machine => requireImage(name, saved.imageKeys[machine]))
    : await bareImages(made, init ?? 'systemd', options)
  signal?.throwIfAborted()
  return { state: await createLab(name, { images, from, init, releases: made, drbdDiskMiB, ephemeral }), images }
}

/** One image per release, built in sequence: a build uses all of this machine. */
const bareImages = async (releases: Record<MachineName, Release>, init: Init, options: LabUpOptions): Promise<Images> => {
  const { onProgress = () => undefined, signal } = options
  const built = new Map<Release, BareImage>()
  for (const release of new Set(Object.values(releases)))
    built.set(release, await ensureImage({ release, init }, text => onProgress({ text }), signal))
  return byMachine(machine => built.get(releases[machine]) as BareImage)
}

/** A lab keeps the image that it was made from, even if a newer recipe would build another one. @throws LabError when it is missing */
export const requireImage = (name: string, key: string): BareImage => {
  const image = readImage(imageDir(key), key)
  if (image) return image
  throw new LabError(
    `the image of lab '${name}' is no longer in the cache`,
    `rebuild the lab: nfsha-play lab down --destroy${nameOption(name)}`,
  )
}

/** Another program may have taken a port while the machine was off. */
const replaceTakenPorts = async (name: string, state: LabState, machines: readonly MachineName[]): Promise<void> => {
  const free = await Promise.all(machines.map(machine => isPortFree(state.sshPorts[machine])))
  const taken = machines.filter((_, index) => !free[index])
  if (taken.length === 0) return
  const ports = await freePorts(taken.length)
  taken.forEach((machine, index) => {
    state.sshPorts[machine] = ports[index] ?? state.sshPorts[machine]
  })
  writeState(name, state)
}

const endProcesses = async (state: LabState, machines: readonly MachineName[]): Promise<void> => {
  const running = labProcesses(state.id)
  await Promise.all(machines.map(machine => running[machine] && kill(running[machine])))
  const left = labProcesses(state.id)
  if (left.gateway && !machineNames.some(machine => left[machine])) await kill(left.gateway)
}

/** Removes every trace of a lab that is off. */
export const forgetLab = (name: string): void => {
  const places = labPlaces(name)
  for (const machine of machineNames) rmSync(places.machine(machine).qmpSocket, { force: true })
  rmSync(places.dir, { recursive: true, force: true })
}
