import * as z from 'zod'
import { ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

/** A package repository. Packages that are not signed with its key are not installed. */
const strictRepository = z.strictObject({ name: word, url: z.url(), key: z.url() })

export const baseVars = roleVars(['base_'], {
  base_clock_offset: z.number().positive().default(1).describe('largest allowed difference between the clocks of the nodes, in seconds'),
  base_time_servers: z
    .array(ip)
    .default([])
    .describe("NTP servers for the nodes, by address; if empty, chrony keeps its package's defaults"),
  base_firewall: z
    .enum(['report', 'open'])
    .default('report')
    .describe(
      'if a firewall on a node drops or rejects traffic: `report` ends the run and names the ports that must be open, `open` adds rules (iptables, lost at the next boot)',
    ),
  base_yum_repositories: z
    .array(strictRepository)
    .default([])
    .describe('CentOS 6: package repositories, because its mirrors are gone: a list of name, url and key (URL of the signing key)'),
})
