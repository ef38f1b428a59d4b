import * as z from 'zod'
import { ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const failoverTestVars = roleVars(['failover_', 'nfsha_'], {
  failover_faults: z
    .string()
    .regex(/^[\w-]+(,[\w-]+)*$/)
    .default('all')
    .describe('`failover-test.yml`: faults to inject, separated by commas: docs/failover.md; `all` is every fault that is possible here'),
  failover_runs: z.number().int().min(1).max(1000).default(1).describe('`failover-test.yml`: how many times to inject each fault'),
  failover_random: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('`failover-test.yml`: inject this number of randomly chosen faults instead of each in turn'),
  failover_surroundings: z
    .string()
    .regex(/^[a-z0-9-]+(,[a-z0-9-]+)*$/)
    .optional()
    .describe(
      '`failover-test.yml`: bad surroundings to create around each fault, separated by commas: docs/surroundings.md; `all` is every one that is possible here',
    ),
  failover_seed: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('`failover-test.yml`: seed of the random choice: the same seed chooses the same faults; default: a new seed'),
  failover_report: z.string().min(1).default('failover').describe('`failover-test.yml`: path of the report, without `.html` and `.json`'),
  failover_beside: z
    .string()
    .min(1)
    .optional()
    .describe('`failover-test.yml`: the .json file of an earlier report, to compare with in the new one'),
  failover_dd: z
    .boolean()
    .default(false)
    .describe('`failover-test.yml`: also write 10 MiB files with dd in a loop, as the reference setup does; it slows the other work down'),
  failover_dead_client: ip
    .optional()
    .describe(
      '`failover-test.yml`: a free address of the service network, for a client that holds an open file and dies before each fault; with `failover_surroundings`, only where it is the surrounding',
    ),
  failover_confirm: z
    .string()
    .optional()
    .meta({ formerly: 'confirm' })
    .describe('`failover-test.yml`: the virtual IP, as a confirmation on machines other than the lab: its clients will be interrupted'),
  failover_lab: word
    .optional()
    .describe(
      '`failover-test.yml`: name of the lab that these machines belong to, so that the test can cut their power and cables (`nfsha-play lab up` writes it)',
    ),
})
