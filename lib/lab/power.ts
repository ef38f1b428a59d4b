import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path/posix'
import { packagedFile } from '../text/packaged.ts'
import { attempt } from './command.ts'
import { sshArguments } from './connection.ts'
import { LabError } from './error.ts'
import { labPlaces } from './places.ts'

/** The file with the key that a lab's nodes and its gateway share; created if missing. */
export const powerKey = (name: string): string => {
  const { dir, powerKey: file } = labPlaces(name)
  if (!existsSync(file)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  }
  return file
}

/** The plugin's path in cluster-glue's plugin directory on Debian. */
const plugin = '/usr/lib/stonith/plugins/external/nfsha-lab'

/** Installs the plugin external/nfsha-lab and the lab's key on both nodes, which must be up. @throws LabError */
export const labFencing = async (name: string): Promise<void> => {
  const key = readFileSync(powerKey(name), 'utf8').trim()
  const script = readFileSync(packagedFile('lib/lab/power-plugin.sh'), 'utf8')
  const put = `set -e; umask 077; read -r key; echo "$key" > /etc/nfsha-lab-power-key
mkdir -p -m 755 ${dirname(plugin)}; cat > ${plugin}; chmod 755 ${plugin}`
  for (const machine of ['M1', 'M2'] as const) {
    const ssh = [...sshArguments(name, machine), put]
    const { code, stderr } = await attempt('ssh', ssh, { input: `${key}\n${script}`, timeoutMs: 30_000 })
    if (code !== 0) throw new LabError(`the fencing plugin could not be installed on ${machine}: ${stderr.trim()}`)
  }
}
