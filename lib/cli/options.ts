import type { OutputFormat } from '../report/open-view.ts'

/** Options of a command that plays, as commander returns them. Short forms are Ansible's. */
export interface PlayArguments {
  inventory?: string[]
  rolesPath?: string[]
  limit?: string
  tags?: string[]
  skipTags?: string[]
  check?: boolean
  diff?: boolean
  extraVars?: string[]
  forks?: string
  user?: string
  become?: boolean
  askBecomePass?: boolean
  privateKey?: string
  vaultPasswordFile?: string[]
  vaultId?: string[]
  askVaultPass?: boolean
  acceptNewHostKeys?: boolean
  output?: OutputFormat
  /** `false` with --no-handlers. */
  handlers?: boolean
  exitCode?: boolean
  watch?: boolean
  profile?: boolean
  profileReport?: string
  listHosts?: boolean
  listTasks?: boolean
  listTags?: boolean
  syntaxCheck?: boolean
  verbose?: number
}

/** The exit codes, documented in the README. */
export const exitCodes = { fine: 0, internal: 1, usage: 2, failed: 3, unreachable: 4, drift: 5, locked: 6 } as const

/** A mistake on the command line: exit code 2, nothing was touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
