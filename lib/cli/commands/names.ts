/** Every sub-command, in the order of the help. By itself, so that who only needs the names does not depend on the commands. */
export const commandNames = [
  'ping',
  'unlock',
  'demo',
  'lab',
  'vars',
  'doc',
  'inventory',
  'init',
  'drift',
  'cron',
  'history',
  'vault',
] as const

export type CommandName = (typeof commandNames)[number]

export const isCommandName = (word: string): word is CommandName => commandNames.some(name => name === word)
