import { readFileSync } from 'node:fs'
import type { Resource } from '../../lib/role-api/index.ts'
import { edited, file, packagedFile } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'

/** heartbeat's own scripts, as patterns of $0. Resource agents still read the whole file. */
const own = '*/harc | */rc.d/* | */mach_down | */ResourceManager | */req_resource | */hb_standby | */hb_takeover'

/** The first expensive line of resource-agents' heartbeat/shellfuncs.in, after the defaults and exports. */
const firstCost = /^PATH=\$HA_BIN:/m

/**
 * Pure: the text of shellfuncs in which heartbeat's own scripts read `short` instead of the rest. Unchanged if it is already so, or an
 * unknown version.
 */
export const withShortFor = (text: string, short: string): string => {
  const line = `case $0 in ${own}) if [ -r ${short} ]; then . ${short}; return; fi ;; esac # nfsha-play`
  return text.replace(/^.* # nfsha-play\n/gm, '').replace(firstCost, start => `${line}\n${start}`)
}

/**
 * A version of shellfuncs, which heartbeat's scripts read at each start, reduced to what they use, for two reasons.
 *
 * A takeover starts about ten of these scripts, one after the other, while clients wait. The full file costs each script five forks and the
 * parsing of 1100 lines of functions for resource agents (60 ms instead of 5 ms on the lab's machines), and four forks per log line.
 *
 * Its `ha_clustermsg` sends a message through cat(1), which forwards what is in the pipe, often only the first line, so two scripts that
 * send at the same time corrupt each other's messages. mach_down and req_resource do so when the peer of the node that is first in
 * haresources dies, and then no node takes over ("NV failure", and `cl_status rscstatus` stays at "transition"). Seen once in 24 power
 * losses.
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
