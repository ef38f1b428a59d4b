import type { Cluster, Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'
import { articleAuthkeys, articleHaCf } from './article.ts'
import { haCf, keysFile } from './config.ts'

interface HeartbeatFiles {
  haCf(cluster: Cluster<Vars>, platform: Platform): string
  authkeys(vars: Vars): string
}

/** heartbeat's own files in each stack. */
export const heartbeatFiles: Record<Vars['ha_stack'], HeartbeatFiles> = {
  lean: { haCf, authkeys: keysFile },
  article: { haCf: articleHaCf, authkeys: articleAuthkeys },
}
