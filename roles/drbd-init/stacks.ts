import type { Cluster, Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'
import { articleGlobalCommon, articleResource } from './article.ts'
import { resourceFile } from './config.ts'
import { fencePeer } from './fence-peer.ts'

interface DrbdFiles {
  resource(cluster: Cluster<Vars>): string
  /** global_common.conf, if the stack sets options there; otherwise the package's file stays. */
  common?(vars: Vars): string
  /** The handler that the resource file names. */
  fencePeer?(vars: Vars, platform: Platform): string
}

/** DRBD's files in each stack. */
export const drbdFiles: Record<Vars['ha_stack'], DrbdFiles> = {
  lean: { resource: resourceFile, fencePeer },
  article: { resource: articleResource, common: articleGlobalCommon },
}
