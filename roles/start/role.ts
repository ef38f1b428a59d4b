import type { Procedure } from '../../lib/role-api/index.ts'
import { statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { type Copy, copyProbe } from '../service/copies/copy.ts'
import { copies, missingOf } from '../service/copies/table.ts'
import { planStart } from './plan.ts'

const started = (context: Context): Procedure<Copy, undefined> => ({
  scope: 'cluster',
  id: 'service started',
  allowMissing: true,
  probe: copyProbe(context),
  aim: () => undefined,
  plan: (members, _aim, done) => planStart(statesOf(members), missingOf(members), done, context),
})

export const start: Role = {
  name: 'start',
  summary: 'brings the service back after an outage: finds the newest copy, starts heartbeat in the right order',
  steps: context => [copies(context), started(context)],
}
