import { join } from 'node:path'
import { loadInventory } from '../../lib/config/inventory.ts'
import { resolveVars } from '../../lib/config/variables.ts'
import { debian13 } from '../../lib/platform/debian13.ts'
import type { Context } from '../../roles/role.ts'
import { firstOf } from '../../roles/role.ts'
import { Vars } from '../../roles/vars.ts'
import { contextOn } from './contexts.ts'

const cwd = join(import.meta.dirname, '../..')

/** M1 of the lab's pair (inventory/lab.yml), on Debian 13. */
export const labContext = (): Context => {
  const inventory = loadInventory(['inventory/lab.yml'], { cwd })
  const node = (name: string) => ({ name, vars: resolveVars(inventory, name, { schema: Vars }).values })
  const cluster = { name: 'nfs', nodes: ['M1', 'M2'].map(node), clients: [] }
  return { ...contextOn(debian13), cluster, vars: firstOf(cluster).vars }
}
