import * as z from 'zod'
import { ip } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'
import { HeartbeatSecret } from '../secrets.ts'
import { Stonith, StonithSecret } from './stonith-fields.ts'

/** heartbeat's own notation: seconds, or milliseconds with `ms` (ha.cf). */
const heartbeatTime = z.union([z.number().positive(), z.string().regex(/^[1-9]\d*(ms)?$/)]).transform(String)

export const heartbeatVars = roleVars(['heartbeat_'], {
  heartbeat_ping: z
    .union([ip, z.array(ip).min(1).max(8)])
    .transform(value => [value].flat())
    .describe(
      'ping node: an address on the service network that is always up, usually the gateway; a list of several is better, because one that answers is enough',
    ),
  heartbeat_without_ping: z
    .enum(['block', 'serve'])
    .default('block')
    .describe(
      'what the active node does when neither its peer nor any ping node answers: `block` suspends I/O until one does, `serve` goes on while its service NIC has a link, at the risk of a split brain: docs/failover.md',
    ),
  heartbeat_secret: HeartbeatSecret.describe('key with which heartbeat signs its packets: 8 to 255 printable ASCII characters, no blanks'),
  heartbeat_keepalive: heartbeatTime.prefault('1').describe('time between two heartbeats, in seconds, or as `250ms`'),
  heartbeat_warntime: heartbeatTime.prefault('4').describe('a heartbeat that is later than this, in seconds or as `250ms`, is logged'),
  heartbeat_deadtime: heartbeatTime.prefault('8').describe('a silent node is declared dead after this time, in seconds or as `2500ms`'),
  heartbeat_initdead: heartbeatTime
    .prefault('30')
    .describe('the same right after heartbeat starts, when the network may still be coming up'),
  heartbeat_udpport: z.number().int().min(1).max(65535).default(694).describe('UDP port of heartbeat'),
  heartbeat_mcast: ip.default('225.0.0.192').describe('multicast group on the heartbeat link'),
  heartbeat_auto_failback: z
    .boolean()
    .default(false)
    .describe('move the service back to the first node when that node returns; off by default: failing back interrupts clients again'),
  heartbeat_watchdog: z
    .string()
    .regex(/^[A-Za-z0-9]\w*$/)
    .optional()
    .describe(
      'kernel module of a watchdog that resets a node on which heartbeat hangs for more than `heartbeat_deadtime` plus one second: `softdog`, or the module of the hardware watchdog (`iTCO_wdt`, `ipmi_watchdog`); default: no watchdog: docs/fencing.md',
    ),
  heartbeat_stonith: Stonith.optional().describe(
    'how the other node resets this one before it takes over from it: a plugin of cluster-glue and its parameters, `{plugin: external/ipmi, parameters: {ipaddr: 10.0.0.1, userid: fence, interface: lanplus}}`; set it on both nodes or on none: docs/fencing.md',
  ),
  heartbeat_stonith_secret: StonithSecret.optional().describe('secret parameters of that plugin, which are never shown: `{passwd: ...}`'),
})
