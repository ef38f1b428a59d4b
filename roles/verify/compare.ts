import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { ApplyFailed, minorOf, parseProcDrbd } from '../../lib/role-api/index.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/** A range of differing blocks, in sectors of 512 bytes, as DRBD logs it (drbd_worker.c, ov_out_of_sync_print). */
export interface Range {
  start: number
  size: number
}

/** Pure: the ranges of the last verify in a kernel log. */
export const parseRanges = (log: string): Range[] => {
  const last = log.slice(Math.max(0, log.lastIndexOf('Starting Online Verify')))
  return [...last.matchAll(/Out of sync: start=(\d+), size=(\d+) \(sectors\)/g)].map(m => ({ start: Number(m[1]), size: Number(m[2]) }))
}

/** Pure: shell that prints the device's lines about verify from the kernel log. */
const logOf = (vars: Vars): string =>
  `dmesg | grep -E 'drbd${minorOf(vars.drbd_device)}:.*(Starting Online Verify|Out of sync: start=)' | tail -n 10000`

/**
 * Runs `drbdadm verify`, or attaches to a running one, and follows it until it ends. The verify continues in the kernel even if this
 * command ends. The rate limit is an option of the initiating node (c-max-rate); `drbdadm adjust` removes it again, also when this command
 * is interrupted. Throws `ApplyFailed`.
 */
export const compareCopies = async (nodes: ClusterNodes, host: string, vars: Vars): Promise<Range[]> => {
  const minor = minorOf(vars.drbd_device)
  const { drbd_resource: resource, drbd_verify_rate: rate } = vars
  const limited =
    rate === undefined
      ? ''
      : `trap 'drbdadm adjust ${resource}' EXIT; trap 'exit 1' HUP INT TERM; drbdadm disk-options --c-max-rate=${rate} ${resource} || exit 1\n`
  let text = ''
  const result = await nodes.on(host).connection.run(
    withDrbd(
      vars,
      `${limited}grep -q '^ *${minor}: cs:Verify' /proc/drbd || drbdadm verify ${resource} || exit 1
while grep -q '^ *${minor}: cs:Verify' /proc/drbd; do cat /proc/drbd; echo @end; sleep 1; done
grep -q '^ *${minor}: cs:Connected ' /proc/drbd || { grep '^ *${minor}:' /proc/drbd >&2; exit 2; }
echo @log; ${logOf(vars)}`,
    ),
    {
      signal: nodes.signal,
      onStdout(piece) {
        const parts = (text + piece).split('@end\n')
        text = parts.pop() ?? ''
        const found = parseProcDrbd(parts.pop() ?? '').devices.find(d => d.minor === minor)
        if (found?.sync)
          nodes.progress({
            text: found.outOfSync > 0 ? `comparing, ${found.outOfSync} KiB differ so far` : 'comparing',
            percent: found.sync.percent,
            speed: found.sync.speed,
            remaining: found.sync.remaining,
          })
      },
    },
  )
  if (result.code !== 0)
    throw new ApplyFailed(result.code === 2 ? 'the nodes lost each other during the comparison' : 'the comparison could not be started', {
      detail: result.stderr,
      hint: 'nothing was changed; run it again when both nodes are connected',
    })
  return parseRanges(result.stdout.split('@log\n').at(-1) ?? '')
}

/**
 * Disconnects and reconnects the standby: DRBD then copies the marked blocks from the Primary (drbd.conf(5), verify-alg). The guard is in
 * the same script: a node that has become Primary in the meantime stays connected. Throws `ApplyFailed`.
 */
export const reconnectStandby = async (nodes: ClusterNodes, standby: string, vars: Vars): Promise<void> => {
  const { drbd_resource: resource } = vars
  const result = await nodes.on(standby).connection.run(
    withDrbd(
      vars,
      `grep -q '^ *${minorOf(vars.drbd_device)}: cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate ' /proc/drbd || { cat /proc/drbd >&2; exit 1; }
drbdadm disconnect ${resource} && drbdadm connect ${resource}`,
    ),
    { timeout: 60_000 },
  )
  if (result.code !== 0) throw new ApplyFailed(`${standby} was not reconnected`, { detail: result.stderr })
}
