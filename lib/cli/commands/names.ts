/** All sub-commands, in the order of the help. In a file of its own, so that code that needs only the names does not load the commands. */
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
