import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { failedScript, judgeDisk, quote, runJobOn } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { servingFunctions } from './stop.ts'

/** The guard is in the same script: a disk in use is not written. `emptyDisk` itself opens the disk exclusively. */
export const wipeScript = ({ vars, platform }: Context): string => {
  const disk = quote(backingDisk(vars))
  return `LC_ALL=C; export LC_ALL
${judgeDisk}
${servingFunctions(vars)}
if serving || attached; then echo "the node has the service, or DRBD uses the disk" >&2; exit 1; fi
held=$(judge_disk ${disk} 2>/dev/null | sed -n 's/^not \\(held\\|missing\\|readonly\\) //p')
[ -z "$held" ] || { echo "$held" >&2; exit 1; }
${platform.commands.emptyDisk(disk)}`
}

/** Fills the disk below DRBD with zeros, without a time limit. The next probe proves that it is blank. Throws `ApplyFailed`. */
export const emptyOn = async (nodes: ClusterNodes, host: string, own: Context): Promise<void> => {
  nodes.progress({ text: `zeros to ${backingDisk(own.vars)} of ${host}` })
  const { code, output } = await runJobOn(nodes, host, {
    id: 'wipe',
    script: wipeScript(own),
  })
  if (code !== 0) throw failedScript(`emptying the disk of ${host}`, { code, stdout: output.slice(-4000), stderr: '' })
}
