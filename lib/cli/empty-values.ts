import type { Command } from 'commander'
import { UsageError } from './options.ts'

/** What may be empty: no variables are no mistake. What no limit and no tag mean stands where they are read. */
const mayBeEmpty = ['extraVars', 'limit', 'tags']

/**
 * Refuses options and arguments without a value before anything is read: they are what a script makes of a variable that is not set, and
 * `-i ''` would be the current directory, `-u ''` somebody else, `--skip-tags ''` everything.
 */
export const refuseEmptyValues = (command: Command): void => {
  for (let at: Command | null = command; at !== null; at = at.parent)
    for (const option of at.options) {
      const name = option.attributeName()
      if (at.getOptionValueSource(name) === 'cli' && !mayBeEmpty.includes(name) && isEmpty(at.getOptionValue(name)))
        throw new UsageError(`${option.long}: the value is empty\n  is it a variable of the shell that is not set?`)
    }
  const empty = command.args.findIndex(isBlank)
  if (empty >= 0)
    throw new UsageError(`argument ${empty + 1} of '${command.name()}' is empty\n  is it a variable of the shell that is not set?`)
}

const isBlank = (text: unknown) => typeof text === 'string' && text.trim() === ''
const isEmpty = (value: unknown) => isBlank(value) || (Array.isArray(value) && (value.length === 0 || value.some(isBlank)))
