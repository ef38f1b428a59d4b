import { readFileSync } from 'node:fs'
import type { Resource } from '../../lib/role-api/index.ts'
import { edited, file, packagedFile } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'

/** heartbeat's own scripts by the name they are called by; resource agents go on reading all of it. */
const own = '*/harc | */rc.d/* | */mach_down | */ResourceManager | */req_resource | */hb_standby | */hb_takeover'

/** The first line of resource-agents' heartbeat/shellfuncs.in that costs anything, behind the defaults and exports. */
const firstCost = /^PATH=\$HA_BIN:/m

/** Pure. The text of shellfuncs in which heartbeat's own scripts read `short` instead of the rest; as it was when it is that already, or a foreign one. */
export const withShortFor = (text: string, short: string): string => {
  const line = `case $0 in ${own}) if [ -r ${short} ]; then . ${short}; return; fi ;; esac # nfsha-play`
  return text.replace(/^.* # nfsha-play\n/gm, '').replace(firstCost, start => `${line}\n${start}`)
}

/**
 * What heartbeat's scripts read at each start, cut down to what they use, for two reasons.
 *
 * A takeover starts about ten of them, one after the other, while clients wait; the long one costs each of them five forks and the parsing of 1100
 * lines of functions for resource agents (60 ms instead of 5 on the lab's machines), and each line of the log four forks.
 *
 * Its `ha_clustermsg` sends a message through cat(1), which passes on what it finds in its pipe, often the first line alone, and two scripts that send
 * at one moment spoil each other's messages: mach_down and req_resource do so when the peer of a node that comes first in haresources dies, and then
 * nobody takes over ("NV failure", and `cl_status rscstatus` stays at "transition"). Seen once in 24 power losses.
 */
export const shortShellfuncs = ({ platform }: Context): Resource[] => {
  const short = `${platform.paths.haDir}/nfsha-shellfuncs`
  return [
    file(short, { content: readFileSync(packagedFile('roles/heartbeat/files/shellfuncs'), 'utf8') }),
    edited(`${platform.paths.haDir}/shellfuncs`, {
      what: 'the short way for heartbeat’s own scripts',
      edit: text => withShortFor(text, short),
      from: `package ${platform.packages.heartbeat.join(' ')}`,
    }),
  ]
}
