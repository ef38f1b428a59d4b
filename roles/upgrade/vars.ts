import * as z from 'zod'
import { debianReleases } from '../../lib/role-api/index.ts'
import { roleVars } from '../role-vars.ts'

export const upgradeVars = roleVars(['ha_release', 'upgrade_'], {
  ha_release: z
    .enum(debianReleases)
    .optional()
    .describe('`upgrade.yml`: the Debian release to upgrade both nodes to; default: the newest packages of their present release'),
  upgrade_turn: z
    .enum(['standby', 'other'])
    .default('standby')
    .describe('set by `upgrade.yml`: which node the play upgrades: the standby, or the node that is left'),
})
