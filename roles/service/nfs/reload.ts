import type { HostResource, Platform } from '../../../lib/role-api/index.ts'
import { differsBy, present, probeOf, simple, skip } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { exportOptions } from './exports.ts'

/** The declared options that are not active, from the output of exportfs -s or etab: one line with all options, including defaults. */
export const missingOptions = (exported: string, vars: Vars): string[] => {
  const line = exported.split('\n').find(l => l.split(/\s/, 1)[0] === vars.nfs_export_path && l.includes(vars.nfs_export_network))
  const has = new Set((/\(([^)]*)\)/.exec(line ?? '')?.[1] ?? '').split(','))
  return exportOptions(vars).filter(o => !has.has(o))
}

/** On the active node, the kernel exports what the file declares. Skipped elsewhere, where nothing is exported. */
export const exportsReload = (id: string, vars: Vars, platform: Platform): HostResource<string> => ({
  scope: 'host',
  id,
  invalidates: 'itself',
  probe: probeOf(
    [
      simple(
        `t=0; { read -r t < /proc/fs/nfsd/threads; } 2>/dev/null; [ "\${t:-0}" -eq 0 ] || { echo nfsd; ${platform.commands.exported}; }`,
      ),
    ],
    ({ stdout }) => (stdout.startsWith('nfsd\n') ? present(stdout) : skip('nfsd does not run here')),
  ),
  compare(actual) {
    const missing = actual.kind === 'present' ? missingOptions(actual.state, vars) : []
    return differsBy(missing.map(option => ({ attribute: `export ${vars.nfs_export_path}`, from: '', to: option })))
  },
  async apply($) {
    await $`exportfs -ra`
  },
})
