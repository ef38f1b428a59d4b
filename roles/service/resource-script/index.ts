import { readFileSync } from 'node:fs'
import { packagedFile } from '../../../lib/role-api/index.ts'

/**
 * The parts of the resource script, in the order in which they stand in the one file on a node. Another order would be another file: each pair that serves
 * would be handed over once for nothing.
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

/** The text of one part: functions, but for the first part (settings and marks) and the last (what is done with the word it was called with). */
export const scriptPart = (part: ScriptPart): string => readFileSync(packagedFile(`roles/service/resource-script/${part}.sh`), 'utf8')

/** The script as heartbeat runs it: /etc/ha.d/resource.d/nfsha. */
export const resourceScript = (parts: readonly ScriptPart[] = scriptParts): string => parts.map(scriptPart).join('\n')
