import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './command.ts'
import { copyKey } from './create.ts'
import { powerOffAll } from './down.ts'
import { hasDataDisks } from './emulator.ts'
import { LabError } from './error.ts'
import { type MachineName, machineNames } from './machines.ts'
import { labPlaces } from './places.ts'
import { kill, labProcesses } from './processes.ts'
import { type SavedLab, savedPlaces } from './saved.ts'
import { nameOption, requireState, withLabLock } from './state.ts'
import type { LabProgress } from './up.ts'

interface LabSaveOptions {
  name?: string
  /** The name of the set; an older set with this name is replaced. */
  as: string
  /** The caller's stamp, returned by `savedLab`. */
  key?: string
  onProgress?: (event: LabProgress) => void
}

/**
 * Shuts a lab down cleanly and saves its disks and keys as a set from which new labs can start. The lab is off afterwards
 * and can be started again. Replacing a set breaks the labs that were made from the old one. @throws LabError
 */
export const labSave = async ({ name = 'default', as, key = '', onProgress = () => undefined }: LabSaveOptions): Promise<void> => {
  const target = savedPlaces(as)
  await withLabLock(name, async () => {
    const state = requireState(name)
    if (state.from === as) throw new LabError(`lab '${name}' was made from '${as}' and cannot replace it`, 'save it under another name')
    await shutDown(name, onProgress)
    onProgress({ text: `saving as '${as}'` })
    mkdirSync(dirname(target.dir), { recursive: true, mode: 0o700 })
    const draft = mkdtempSync(`${target.dir}.save-`)
    try {
      await Promise.all(machineNames.map(machine => copyMachine(name, machine, join(draft, machine))))
      copyKey(labPlaces(name).identityFile, join(draft, 'id_ed25519'))
      const stamp: SavedLab = { imageKeys: state.imageKeys, releases: state.releases, key, created: new Date().toISOString() }
      writeFileSync(join(draft, 'saved.json'), `${JSON.stringify(stamp, null, 2)}\n`)
      rmSync(target.dir, { recursive: true, force: true })
      renameSync(draft, target.dir)
    } finally {
      if (existsSync(draft)) rmSync(draft, { recursive: true, force: true })
    }
  })
}

/** A set must be clean: refuse to save a machine that did not shut down. */
const shutDown = async (name: string, onProgress: (event: LabProgress) => void): Promise<void> => {
  const state = requireState(name)
  const before = labProcesses(state.id)
  const orderly = await powerOffAll(name, state, onProgress)
  if (before.gateway) await kill(before.gateway)
  const cut = machineNames.filter(machine => before[machine] && !orderly.includes(machine))
  if (cut.length > 0)
    throw new LabError(
      `${cut.join(', ')} did not shut down cleanly: nothing was saved`,
      `start the lab again and check it: nfsha-play lab up${nameOption(name)}`,
    )
}

const copyMachine = async (name: string, machine: MachineName, to: string): Promise<void> => {
  const files = labPlaces(name).machine(machine)
  mkdirSync(to)
  const disks = hasDataDisks(machine) ? { root: files.root, vdb: files.drbdDisk, vdc: files.spareDisk } : { root: files.root }
  for (const [disk, file] of Object.entries(disks)) await run('cp', ['--sparse=always', '--reflink=auto', file, join(to, `${disk}.qcow2`)])
  copyKey(files.hostKey, join(to, 'ssh_host_ed25519_key'))
}
