import * as z from 'zod'
import { ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

/** A repository of packages; what is signed with no key that we were told is not installed. */
const strictRepository = z.strictObject({ name: word, url: z.url(), key: z.url() })

export const baseVars = roleVars(['base_'], {
  base_clock_offset: z.number().positive().default(1).describe('largest difference of the two clocks, in seconds'),
  base_time_servers: z
    .array(ip)
    .default([])
    .describe('NTP servers for the nodes, by address; without any chrony keeps those that its package brings'),
  base_firewall: z
    .enum(['report', 'open'])
    .default('report')
    .describe(
      'what a firewall that drops or rejects anything does to a run: `report` ends it and names the ports, `open` adds rules (iptables, not kept over a boot)',
    ),
  base_yum_repositories: z
    .array(strictRepository)
    .default([])
    .describe('CentOS 6: where packages come from, now that its mirrors are gone: a list of name, url and key (URL of the signing key)'),
})
