import { readFileSync } from 'node:fs'
import { packagedFile } from '../../../lib/role-api/index.ts'

/**
 * The parts of the resource script, in their order in the single file on a node. A different order would change the file, and each running
 * pair would be handed over once for nothing.
 */
export const scriptParts = [
  'shared/settings',
  'shared/tools',
  'shared/find-volume',
  'shared/state',
  'shared/ready',
  'start/promote',
  'start/nfs',
  'start/address',
  'start/start',
  'start/connections',
  'stop/nfs',
  'stop/unmount',
  'stop/stop',
  'watch/health',
  'watch/recover',
  'watch/replication',
  'watch/standby',
  'watch/loop',
  'main',
] as const

export type ScriptPart = (typeof scriptParts)[number]

/** The text of one part: functions, except the first part (settings and marker files) and the last (the dispatch on the arguments). */
export const scriptPart = (part: ScriptPart): string => readFileSync(packagedFile(`roles/service/resource-script/${part}.sh`), 'utf8')

/** The complete script, /etc/ha.d/resource.d/nfsha. */
export const resourceScript = (parts: readonly ScriptPart[] = scriptParts): string => parts.map(scriptPart).join('\n')
