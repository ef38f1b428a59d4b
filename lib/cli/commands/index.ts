import type { Command } from 'commander'
import type { CommandName } from './names.ts'

interface CommandFile {
  /** Configures a bare command as this sub-command: description, arguments, options and action. */
  define(command: Command): void
}

/** Sub-commands by name. Only the one named on the command line is loaded. */
export const commands: Record<CommandName, () => Promise<CommandFile>> = {
  ping: () => import('./ping.ts'),
  unlock: () => import('./unlock.ts'),
  demo: () => import('./demo.ts'),
  lab: () => import('./lab.ts'),
  vars: () => import('./vars.ts'),
  doc: () => import('./doc.ts'),
  inventory: () => import('./inventory.ts'),
  init: () => import('./init.ts'),
  drift: () => import('./drift.ts'),
  cron: () => import('./cron.ts'),
  history: () => import('./history.ts'),
  vault: () => import('./vault.ts'),
}
