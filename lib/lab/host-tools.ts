import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, lastLines } from './command.ts'
import { LabError } from './error.ts'

/** The programs the lab runs on this machine, and the Debian package of each. */
const packageOfTool: Record<string, string> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  'dpkg-deb': 'dpkg',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  tar: 'tar',
  setpriv: 'util-linux',
}

/** The programs that are missing on this search path. */
export const missingTools = (path: string): string[] => {
  const folders = [...path.split(':').filter(Boolean), '/usr/sbin', '/sbin']
  return Object.keys(packageOfTool).filter(tool => !folders.some(folder => isExecutable(join(folder, tool))))
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The packages that contain these programs. */
export const packagesOf = (tools: readonly string[]): string[] =>
  [...new Set(tools.map(tool => packageOfTool[tool]).filter(name => name !== undefined))].sort()

/** Installs what the lab needs on this machine. @throws LabError on a storage server, and without root with the packages to install */
export const ensureHostTools = async (onProgress: (text: string) => void, signal?: AbortSignal): Promise<void> => {
  refuseOnClusterNode()
  const missing = missingTools(process.env.PATH ?? '')
  if (missing.length === 0) return
  const packages = packagesOf(missing)
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0) {
    throw new LabError(`the lab needs ${missing.join(', ')}, which this machine does not have`, `install them: sudo ${command}`)
  }
  onProgress(`installing ${packages.join(', ')}`)
  const install = () =>
    attempt('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env: { DEBIAN_FRONTEND: 'noninteractive' }, signal })
  let result = await install()
  if (result.code !== 0) {
    await attempt('apt-get', ['update'], { signal })
    result = await install()
  }
  if (result.code !== 0)
    throw new LabError(`cannot install ${packages.join(', ')}:\n${lastLines(result.stderr, 6)}`, `install them yourself: ${command}`)
  const left = missingTools(process.env.PATH ?? '')
  if (left.length > 0) throw new LabError(`${left.join(', ')} are still missing after installing ${packages.join(', ')}`)
}

const refuseOnClusterNode = (): void => {
  const sign = clusterSign('/')
  if (sign)
    throw new LabError(
      `this machine looks like a storage server (${sign}): no lab is started here`,
      'run the lab on a workstation or a build machine',
    )
}

/** The file that shows that a machine is part of a live pair, if there is one. */
export const clusterSign = (root: string): string | undefined => {
  const heartbeat = join(root, 'etc/ha.d/ha.cf')
  if (existsSync(heartbeat)) return heartbeat
  const resources = join(root, 'etc/drbd.d')
  const resource = existsSync(resources) && readdirSync(resources).find(name => name.endsWith('.res'))
  if (resource) return join(resources, resource)
  const status = join(root, 'proc/drbd')
  return existsSync(status) && /^\s*\d+: cs:(?!Unconfigured)/m.test(readFileSync(status, 'utf8')) ? status : undefined
}
