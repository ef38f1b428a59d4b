import { ConfigError, throwAll } from './error.ts'
import type { Inventory } from './model.ts'
import { ownVariables } from './precedence.ts'
import type { Variables } from './value.ts'

/** Refuses an inventory that is still the example: its addresses belong to other machines. */
export const refuseExample = (inventory: Inventory): void => {
  const groups = [...inventory.groups.values()].map(group => ownVariables(inventory, group, { openable: true }))
  const marks = [...groups, ...[...inventory.hosts.values()].map(host => host.vars)].flatMap(markIn)
  throwAll(marks.slice(0, 1))
}

const markIn = (variables: Variables): ConfigError[] => {
  const mark = variables.get('nfsha_example')
  if (mark?.value.kind !== 'scalar' || /^(false|no|off|0)$/i.test(String(mark.value.value))) return []
  return [new ConfigError('this inventory is an example', mark.at, 'enter your own addresses, then remove this line')]
}
