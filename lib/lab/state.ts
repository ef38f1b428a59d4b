import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Segments } from './emulator.ts'
import { LabError } from './error.ts'
import type { MachineName, SegmentName } from './machines.ts'
import { labPlaces } from './places.ts'
import { freePorts } from './ports.ts'
import { processStat } from './processes.ts'
import type { Init } from './recipe.ts'
import type { Release } from './release.ts'

const stateVersion = 2

/** The state of a lab. Whether it is running is read from the processes, never from here. */
export interface LabState {
  version: typeof stateVersion
  /** Part of the arguments of every process of this lab. */
  id: string
  imageKeys: Record<MachineName, string>
  /** The Debian releases of its machines. */
  releases: Record<MachineName, Release>
  /** The saved set that it was made from. */
  from?: string
  /** The init system given when the lab was created; undefined means systemd. */
  init?: Init
  /** Its processes die with the process that started them. */
  ephemeral?: boolean
  created: string
  segments: Segments
  sshPorts: Record<MachineName, number>
  /** Pulled cables by machine. A cable stays pulled when the machine is switched on again. */
  pulled: Record<MachineName, SegmentName[]>
}

/** Reads a lab's state; undefined when there is no such lab. @throws LabError when another version wrote it */
export const readState = (name: string): LabState | undefined => {
  const file = labPlaces(name).state
  if (!existsSync(file)) return undefined
  const state = JSON.parse(readFileSync(file, 'utf8')) as LabState
  if (state.version === stateVersion) return state
  throw new LabError(`lab '${name}' was made by another version of nfsha-play`, `remove it: rm -r ${labPlaces(name).dir}`)
}

/** The state of a lab. @throws LabError when there is no such lab */
export const requireState = (name: string): LabState => {
  const state = readState(name)
  if (state) return state
  throw notRunning(name)
}

/** The error of a command that needs a lab which does not exist. */
export const notRunning = (name: string): LabError =>
  new LabError(`lab '${name}' is not running: start it with \`nfsha-play lab up${nameOption(name)}\``)

/** The option that selects this lab in a suggested command. */
export const nameOption = (name: string): string => (name === 'default' ? '' : ` --name ${name}`)

/** The error of a command that needs a machine which is off. */
export const switchedOff = (name: string, machine: MachineName): LabError =>
  new LabError(`${machine} of lab '${name}' is switched off`, `switch it on: nfsha-play lab fault power-on ${machine}${nameOption(name)}`)

/** Writes a lab's state atomically. */
export const writeState = (name: string, state: LabState): void => {
  const places = labPlaces(name)
  mkdirSync(places.dir, { recursive: true, mode: 0o700 })
  writeFileSync(`${places.state}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${places.state}.new`, places.state)
}

/** The state of a new lab: its own id, multicast group and ports. */
export const newState = async (
  imageKeys: Record<MachineName, string>,
  options: { from?: string | undefined; init?: Init | undefined; releases: Record<MachineName, Release>; ephemeral: boolean },
): Promise<LabState> => {
  const [m1 = 0, m2 = 0, c1 = 0] = await freePorts(3)
  const firstSegment = randomInt(20_000, 30_000)
  return {
    version: stateVersion,
    id: randomBytes(6).toString('hex'),
    imageKeys,
    releases: options.releases,
    ...(options.from ? { from: options.from } : {}),
    ...(options.init ? { init: options.init } : {}),
    ...(options.ephemeral ? { ephemeral: true } : {}),
    created: new Date().toISOString(),
    // 239.192.0.0/14 is the range for an organisation's own use
    segments: {
      group: `239.192.${randomInt(256)}.${randomInt(1, 255)}`,
      ports: { em1: firstSegment, em2: firstSegment + 1, em3: firstSegment + 2 },
    },
    sshPorts: { M1: m1, M2: m2, C1: c1 },
    pulled: { M1: [], M2: [], C1: [] },
  }
}

/** The latest operation of this process on each lab: concurrent ones (both nodes lose power) wait for it. */
const turns = new Map<string, Promise<unknown>>()

/**
 * Runs `work` while nobody else changes the same lab. A stale lock is taken over.
 * @throws LabError when another process holds the lock
 */
export const withLabLock = <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const before = turns.get(name) ?? Promise.resolve()
  const turn = before.catch(() => undefined).then(() => locked(name, work))
  turns.set(name, turn)
  return turn
}

const locked = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const places = labPlaces(name)
  mkdirSync(places.dir, { recursive: true, mode: 0o700 })
  const own = `${process.pid} ${processStat(process.pid)?.startTicks}`
  const draft = `${places.lock}.${process.pid}`
  writeFileSync(draft, own)
  try {
    takeLock(name, draft, places.lock)
  } finally {
    rmSync(draft, { force: true })
  }
  try {
    return await work()
  } finally {
    if (existsSync(places.lock) && readFileSync(places.lock, 'utf8') === own) rmSync(places.lock, { force: true })
  }
}

/** A hard link appears together with its content, so nobody ever reads a lock without an owner. */
const takeLock = (name: string, draft: string, lock: string): void => {
  try {
    linkSync(draft, lock)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [pid = 0, started = 0] = readFileSync(lock, 'utf8').split(' ').map(Number)
    if (processStat(pid)?.startTicks === started) {
      throw new LabError(`another run (process ${pid}) is changing lab '${name}'`, 'wait until it has finished')
    }
    rmSync(lock, { force: true })
    linkSync(draft, lock)
  }
}
