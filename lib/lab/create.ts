import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { run } from './command.ts'
import { writeConnectionFiles } from './connection-files.ts'
import { cpioArchive } from './cpio.ts'
import { hasDataDisks } from './emulator.ts'
import type { BareImage } from './image.ts'
import { byMachine, type MachineName, machineNames } from './machines.ts'
import { labPlaces } from './places.ts'
import type { Init } from './recipe.ts'
import type { Release } from './release.ts'
import { savedPlaces } from './saved.ts'
import { seedEntries } from './seed.ts'
import { type LabState, newState, requireState, writeState } from './state.ts'

const spareDiskMib = 64

interface NewLab {
  images: Record<MachineName, BareImage>
  from?: string | undefined
  init?: Init | undefined
  releases: Record<MachineName, Release>
  drbdDiskMiB: number
  ephemeral: boolean
}

/** Creates the keys, disks and seeds of a new lab. The state is written last: a lab without a state is created again. */
export const createLab = async (name: string, { images, from, init, releases, drbdDiskMiB, ephemeral }: NewLab): Promise<LabState> => {
  const places = labPlaces(name)
  const state = await newState(
    byMachine(machine => images[machine].key),
    { from, init, releases, ephemeral },
  )
  if (from) copyKey(savedPlaces(from).identityFile, places.identityFile)
  else await makeKey(places.identityFile, 'nfsha-play lab')
  await Promise.all(
    machineNames.map(async machine => {
      await makeMachine(name, machine, images[machine], { drbdDiskMiB, from })
    }),
  )
  writeConnectionFiles(name, state)
  writeState(name, state)
  return state
}

/** Replaces a machine that is switched off by one with new keys, disks and machine-id, like new hardware or a reinstalled system. */
export const replaceMachine = async (name: string, machine: MachineName, image: BareImage, drbdDiskMiB: number): Promise<void> => {
  await makeMachine(name, machine, image, { drbdDiskMiB })
  writeConnectionFiles(name, requireState(name))
}

/** The keys, disks and seed of one machine. */
const makeMachine = async (
  name: string,
  machine: MachineName,
  image: BareImage,
  { drbdDiskMiB, from }: { drbdDiskMiB: number; from?: string | undefined },
): Promise<void> => {
  const files = labPlaces(name).machine(machine)
  rmSync(files.dir, { recursive: true, force: true })
  mkdirSync(files.dir, { recursive: true })
  if (from) copyKey(savedPlaces(from).machine(machine).hostKey, files.hostKey)
  else await makeKey(files.hostKey, `lab ${machine}`)
  await makeDisks(name, machine, from ? savedPlaces(from).machine(machine).root : image.root, drbdDiskMiB, from)
  writeFileSync(files.initrd, Buffer.concat([padTo4(readFileSync(image.initrd)), seedOf(name, machine)]), { mode: 0o600 })
}

const seedOf = (name: string, machine: MachineName): Buffer => {
  const places = labPlaces(name)
  const { hostKey } = places.machine(machine)
  const text = (file: string) => readFileSync(file, 'utf8')
  return cpioArchive(
    seedEntries(machine, {
      machineId: randomBytes(16).toString('hex'),
      hostKey: text(hostKey),
      hostKeyPublic: text(`${hostKey}.pub`),
      authorizedKey: text(`${places.identityFile}.pub`),
    }),
  )
}

/** The kernel expects the next archive at a multiple of four bytes. */
const padTo4 = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

const makeDisks = async (
  name: string,
  machine: MachineName,
  backing: string,
  drbdDiskMiB: number,
  from: string | undefined,
): Promise<void> => {
  const files = labPlaces(name).machine(machine)
  const overlay = (base: string, file: string) => run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, file])
  await overlay(backing, files.root)
  if (!hasDataDisks(machine)) return
  if (from) {
    const saved = savedPlaces(from).machine(machine)
    await overlay(saved.drbdDisk, files.drbdDisk)
    await overlay(saved.spareDisk, files.spareDisk)
    return
  }
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', files.drbdDisk, `${drbdDiskMiB}M`])
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', files.spareDisk, `${spareDiskMib}M`])
}

const makeKey = async (file: string, comment: string): Promise<void> => {
  if (existsSync(file)) for (const half of [file, `${file}.pub`]) rmSync(half, { force: true })
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file])
}

/** Copies a key pair; copyFile keeps the permissions that ssh requires. */
export const copyKey = (from: string, to: string): void => {
  for (const half of ['', '.pub']) copyFileSync(from + half, to + half)
}
