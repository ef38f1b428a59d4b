import * as z from 'zod'
import { ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const failoverTestVars = roleVars(['failover_', 'nfsha_'], {
  failover_faults: z
    .string()
    .regex(/^[\w-]+(,[\w-]+)*$/)
    .default('all')
    .describe('`failover-test.yml`: which faults, with commas between: docs/failover.md; `all` is every one that can be made here'),
  failover_runs: z.number().int().min(1).max(1000).default(1).describe('`failover-test.yml`: how often each fault'),
  failover_random: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('`failover-test.yml`: instead of each in turn, so many faults chosen at random'),
  failover_surroundings: z
    .string()
    .regex(/^[a-z0-9-]+(,[a-z0-9-]+)*$/)
    .optional()
    .describe(
      '`failover-test.yml`: what is wrong around each fault, with commas between: docs/surroundings.md; `all` is every one that can be made here',
    ),
  failover_seed: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('`failover-test.yml`: the same seed chooses the same faults; default: a new one'),
  failover_report: z
    .string()
    .min(1)
    .default('failover')
    .describe('`failover-test.yml`: the report goes to this path with `.html` and `.json` behind it'),
  failover_beside: z.string().min(1).optional().describe('`failover-test.yml`: the .json of an earlier report, shown beside this one'),
  failover_dd: z
    .boolean()
    .default(false)
    .describe('`failover-test.yml`: the loop of the article writes 10 MiB files beside the other work; it slows that down'),
  failover_dead_client: ip
    .optional()
    .describe(
      '`failover-test.yml`: a free address of the service network, for a client that holds an open file and dies before each fault; with `failover_surroundings` only where that is the surrounding',
    ),
  failover_confirm: z
    .string()
    .optional()
    .meta({ formerly: 'confirm' })
    .describe('`failover-test.yml`: on other machines than the lab, the virtual IP: its clients will suffer'),
  failover_lab: word
    .optional()
    .describe(
      '`failover-test.yml`: the lab whose machines these are, so that it can cut their power and cables (`nfsha-play lab up` writes it)',
    ),
})
