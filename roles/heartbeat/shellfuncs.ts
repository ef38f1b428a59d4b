import { edited } from '../../lib/resources/edit.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'

/** The body of `ha_clustermsg`, by which heartbeat's scripts send it their messages through a FIFO: resource-agents, heartbeat/shellfuncs.in. */
const inPieces = /^([ \t]*)\(echo ">>>"; cat -; echo "<<<"\)[ \t]*\| cat - >> \$HA_FIFO$/m

/**
 * Pure. A message goes out by one write(2), which pipe(7) keeps together up to 4096 bytes. As it comes, cat(1) passes on what it finds in its pipe,
 * often the first line alone, and two scripts that send at one moment spoil each other's messages: mach_down and req_resource do so when the peer
 * of a node that comes first in haresources dies, and then nobody takes over ("NV failure", and `cl_status rscstatus` stays at "transition"). Seen
 * once in 24 power losses.
 */
export const inOneWrite = (text: string): string =>
  text.replace(inPieces, (_line, indent: string) => `${indent}(m=$(cat); printf '>>>\\n%s\\n<<<\\n' "$m" >> $HA_FIFO)`)

export const wholeMessages = ({ platform }: Context): Resource =>
  edited(`${platform.paths.haDir}/shellfuncs`, {
    what: 'messages in one piece',
    edit: inOneWrite,
    from: `package ${platform.packages.heartbeat.join(' ')}`,
  })
