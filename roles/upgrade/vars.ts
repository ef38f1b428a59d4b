import * as z from 'zod'
import { debianReleases } from '../../lib/role-api/index.ts'
import { roleVars } from '../role-vars.ts'

export const upgradeVars = roleVars(['ha_release', 'upgrade_'], {
  ha_release: z
    .enum(debianReleases)
    .optional()
    .describe('`upgrade.yml`: the Debian release that both nodes are to have; default the one that they have, with its newest packages'),
  upgrade_turn: z
    .enum(['standby', 'other'])
    .default('standby')
    .describe('set by `upgrade.yml`: which node the play upgrades, the one that does not serve or the one that is left'),
})
