import type { Command } from 'commander'
import { UsageError } from './options.ts'

/** These may be empty. Whether an empty limit or tag list is valid is checked where they are read. */
const mayBeEmpty = ['extraVars', 'limit', 'tags']

/**
 * Refuses options and arguments without a value before anything is read. They usually come from an unset variable in a script, and `-i ''`
 * would be the current directory, `-u ''` another user, `--skip-tags ''` everything.
 */
export const refuseEmptyValues = (command: Command): void => {
  for (let at: Command | null = command; at !== null; at = at.parent)
    for (const option of at.options) {
      const name = option.attributeName()
      if (at.getOptionValueSource(name) === 'cli' && !mayBeEmpty.includes(name) && isEmpty(at.getOptionValue(name)))
        throw new UsageError(`${option.long}: the value is empty\n  is a shell variable unset?`)
    }
  const empty = command.args.findIndex(isBlank)
  if (empty >= 0) throw new UsageError(`argument ${empty + 1} of '${command.name()}' is empty\n  is a shell variable unset?`)
}

const isBlank = (text: unknown) => typeof text === 'string' && text.trim() === ''
const isEmpty = (value: unknown) => isBlank(value) || (Array.isArray(value) && (value.length === 0 || value.some(isBlank)))
