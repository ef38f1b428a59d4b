import type { ClusterNodes } from '../../../lib/role-api/index.ts'
import { ApplyFailed, minorOf, parseProcDrbd, syncProgress } from '../../../lib/role-api/index.ts'

/**
 * Follows a synchronisation on one node with a single command that prints /proc/drbd every second, and reports progress until both copies
 * are UpToDate. `patience`: seconds that the nodes may be disconnected, while the connection is being set up. Throws `ApplyFailed` when
 * they lose each other.
 */
export const followSync = async (nodes: ClusterNodes, host: string, device: string, patience = 0): Promise<void> => {
  const minor = minorOf(device)
  let text = ''
  const result = await nodes.on(host).connection.run(
    `away=0; while :; do cat /proc/drbd; echo @end; grep -q '^ *${minor}: cs:Connected .* ds:UpToDate/UpToDate' /proc/drbd && exit 0
if grep -qE '^ *${minor}: cs:(StandAlone|WFConnection|Timeout|BrokenPipe|NetworkFailure|Disconnecting)' /proc/drbd; then away=$((away + 1)); else away=0; fi
[ "$away" -le ${patience} ] || exit 1; sleep 1; done`,
    {
      signal: nodes.signal,
      onStdout(piece) {
        const parts = (text + piece).split('@end\n')
        text = parts.pop() ?? ''
        const last = parts.pop()
        const found = last && parseProcDrbd(last).devices.find(d => d.minor === minor)
        if (found) nodes.progress(syncProgress(found))
      },
    },
  )
  if (result.code !== 0)
    throw new ApplyFailed('the nodes lost each other during the synchronisation', {
      detail: result.stdout.slice(-400),
      hint: 'run again: it continues where it stopped',
    })
}
