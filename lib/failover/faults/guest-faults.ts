import type { Platform } from '../../platform/platform.ts'
import { quote } from '../../resources/quote.ts'
import type { Act, Link } from '../scenario/catalogue.ts'
import type { PairSettings } from '../testbed/settings.ts'

export const nicOf = (vars: PairSettings, link: Link): string =>
  ({ service: vars.node_service_nic, heartbeat: vars.node_heartbeat_nic, drbd: vars.node_drbd_nic })[link]

interface Inside {
  make: string
  /** How the host undoes the fault itself if nobody has done so in time; undefined when a boot does. */
  undo?: string
}

/**
 * Shell commands for a fault injected from inside; undefined if it can only come from outside. `handOver`: asks heartbeat for a planned
 * switchover.
 */
export const insideOf = (act: Act, vars: PairSettings, platform: Platform, handOver: string): Inside | undefined => {
  switch (act.kind) {
    case 'nothing':
      return { make: ':' }
    case 'hand-over':
      return { make: handOver }
    case 'heartbeat-stop':
      return {
        make: platform.commands.stop(platform.services.heartbeat).join(' '),
        undo: platform.commands.start(platform.services.heartbeat).join(' '),
      }
    case 'ifdown': {
      const nics = act.links.map(link => nicOf(vars, link))
      return { make: nics.map(nic => `ifdown ${nic}`).join('; '), undo: nics.map(nic => `ifup ${nic}`).join('; ') }
    }
    case 'reboot':
      return { make: 'reboot' }
    case 'reset':
      // sysrq: immediately, without sync or unmount.
      return { make: 'echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger' }
    case 'cable':
    case 'power-off':
    case 'freeze':
    case 'stall':
      return undefined
    default:
      return act satisfies never
  }
}

/** A timer on the host that undoes the fault even if this run dies. Its process group is ended once we have undone the fault. */
const timerFile = '/run/nfsha-failover.undo'
export const safePath = 'LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH'

/** s between printing the time and the fault: the answer must be sent before the network fails. */
export const headStart = 0.5

/** Runs a command in its own process group, which outlives the connection. */
export const detached = (command: string): string => `setsid sh -c ${quote(command)} </dev/null >/dev/null 2>&1 &`

/**
 * Shell that starts a timer to undo something after `seconds`; exits with 1 if the timer does not start. `file` holds its process group.
 */
export const armTimer = (file: string, undo: string, seconds: number): string => `rm -f ${file}
${detached(`echo $$ > ${file}; sleep ${seconds}; rm -f ${file}; ${undo}`)}
n=0; until [ -s ${file} ]; do n=$((n + 1)); [ $n -lt 100 ] || { echo "the undo timer does not start" >&2; exit 1; }; sleep 0.05; done`

/** Shell that ends the process group named in a file, if the file exists. */
export const endGroup = (file: string): string => `[ -s ${file} ] && read -r p < ${file} && kill -- "-$p" 2>/dev/null\nrm -f ${file}`

/**
 * A script that arms the undo timer, prints the host's time and injects the fault from its own process group, which outlives the connection
 * that the fault may cut. Fails before anything is done if the timer does not start.
 */
export const makeScript = ({ make, undo }: Inside, undoAfter: number): string =>
  `${safePath}\n${undo ? `${armTimer(timerFile, undo, undoAfter)}\n` : ''}date +%s.%N\n${detached(`sleep ${headStart}; ${make}`)}`

/** Undoes the fault, then ends the timer that would do so again: if this fails, the timer is left. Harmless when there is nothing to undo. */
export const undoScript = ({ undo }: Inside): string => `${safePath}\n(\n${undo ?? ':'}\n) || exit\n${endGroup(timerFile)}`
