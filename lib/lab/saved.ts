import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './error.ts'
import type { MachineName } from './machines.ts'
import { cacheRoot, checkName } from './places.ts'
import type { Release } from './release.ts'

/** A saved set of machines, from which a new lab can start. */
export interface SavedLab {
  imageKeys: Record<MachineName, string>
  releases: Record<MachineName, Release>
  /** The caller's stamp: what the set was made with, to detect that it is out of date. */
  key: string
  created: string
}

/** The files of a saved set. */
export const savedPlaces = (as: string) => {
  const dir = join(cacheRoot(), 'saved', checkName(as))
  return {
    dir,
    stamp: join(dir, 'saved.json'),
    identityFile: join(dir, 'id_ed25519'),
    machine: (machine: MachineName) => ({
      dir: join(dir, machine),
      root: join(dir, machine, 'root.qcow2'),
      drbdDisk: join(dir, machine, 'vdb.qcow2'),
      spareDisk: join(dir, machine, 'vdc.qcow2'),
      hostKey: join(dir, machine, 'ssh_host_ed25519_key'),
    }),
  }
}

/** The set saved under a name; undefined when there is none. */
export const savedLab = (as: string): SavedLab | undefined => {
  const { stamp } = savedPlaces(as)
  return existsSync(stamp) ? (JSON.parse(readFileSync(stamp, 'utf8')) as SavedLab) : undefined
}

/** The set saved under a name. @throws LabError when there is none */
export const requireSaved = (as: string): SavedLab => {
  const saved = savedLab(as)
  if (saved) return saved
  throw new LabError(`no saved lab is called '${as}'`, `save one: nfsha-play lab save ${as}`)
}
