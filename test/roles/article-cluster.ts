import { join } from 'node:path'
import { parseExtraVars } from '../../lib/config/extra-vars.ts'
import { loadInventory } from '../../lib/config/inventory.ts'
import { resolveVars } from '../../lib/config/variables.ts'
import type { Cluster } from '../../lib/engine/role.ts'
import { Vars } from '../../roles/vars.ts'

const cwd = join(import.meta.dirname, '../..')

/**
 * The pair of inventory/hosts.yml with the further settings of the reference setup (test/fixtures/article/vars.yml) and other requested
 * ones.
 */
export const articleCluster = (...extra: string[]): Cluster<Vars> => {
  const inventory = loadInventory(['inventory/hosts.yml'], { cwd })
  const extraVars = parseExtraVars([`@${join(cwd, 'test/fixtures/article/vars.yml')}`, ...extra], inventory.vault)
  const node = (name: string) => ({ name, vars: resolveVars(inventory, name, { schema: Vars, extraVars }).values })
  return { name: 'nfs', nodes: ['M1', 'M2'].map(node), clients: [] }
}
