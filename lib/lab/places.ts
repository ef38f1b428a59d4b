import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { LabError } from './error.ts'
import type { MachineName } from './machines.ts'

type Environment = Record<string, string | undefined>

/** The directory of images and saved sets, shared by all labs. */
export const cacheRoot = (env: Environment = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nfsha-play', 'lab')

/** The directory of the labs, one folder each. */
export const stateRoot = (env: Environment = process.env): string =>
  join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'nfsha-play', 'lab')

/** Checks the name of a lab or a saved set, which becomes a folder name. @throws LabError */
export const checkName = (name: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/.test(name)) return name
  throw new LabError(`'${name}' is not a valid lab name`, 'use up to 40 letters, digits, dots, dashes and underscores')
}

/** The files of one lab. */
export const labPlaces = (name: string, root = stateRoot()) => {
  const dir = join(root, checkName(name))
  return {
    dir,
    state: join(dir, 'state.json'),
    lock: join(dir, 'lock'),
    identityFile: join(dir, 'id_ed25519'),
    knownHostsFile: join(dir, 'known_hosts'),
    sshConfigFile: join(dir, 'ssh_config'),
    inventoryFile: join(dir, 'inventory.yml'),
    gatewayLog: join(dir, 'gateway.log'),
    powerKey: join(dir, 'power-key'),
    machine: (machine: MachineName) => ({
      dir: join(dir, machine),
      root: join(dir, machine, 'root.qcow2'),
      drbdDisk: join(dir, machine, 'vdb.qcow2'),
      spareDisk: join(dir, machine, 'vdc.qcow2'),
      hostKey: join(dir, machine, 'ssh_host_ed25519_key'),
      initrd: join(dir, machine, 'initrd'),
      serialLog: join(dir, machine, 'serial.log'),
      qemuLog: join(dir, machine, 'qemu.log'),
      qmpSocket: socketPath(join(dir, machine)),
    }),
  }
}

const longestSocketPath = 107 // sun_path is 108 bytes with its final NUL

/**
 * The path of a unix socket is limited: a lab in a deep folder keeps its sockets in a private folder below the temporary directory, which
 * is created here.
 * @throws LabError when that folder exists and is not private to this user
 */
export const socketPath = (machineDir: string, temporary = tmpdir()): string => {
  const near = join(machineDir, 'qmp')
  if (Buffer.byteLength(near) <= longestSocketPath) return near
  const digest = createHash('sha256').update(machineDir).digest('hex').slice(0, 16)
  const { uid } = userInfo()
  const folder = join(temporary, `nfsha-lab-${uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0)
    throw new LabError(`${folder} is not private to this user`, 'set TMPDIR to a directory of your own, or XDG_STATE_HOME to a shorter one')
  return join(folder, `${digest}.qmp`)
}
