import type { Resource } from '../../lib/role-api/index.ts'
import { blocksOf, hostAssertion, kernelModule, notRead, present, probeOf, refusedFor, shell, simple } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { milliseconds } from '../service/heartbeat-time.ts'
import { daemonPid, daemonPieces, isDaemonAnswer, parseDaemon } from '../service/state/daemon.ts'
import type { Vars } from '../vars.ts'

/** The machine's first watchdog, whatever its driver. */
const device = '/dev/watchdog'

/** The line of ha.cf(5); empty without `heartbeat_watchdog`. */
export const watchdogLine = ({ heartbeat_watchdog: module }: Pick<Vars, 'heartbeat_watchdog'>): string =>
  module === undefined ? '' : `watchdog ${device}\n`

/** Seconds until the machine is reset, as heartbeat sets the device (hb_init_watchdog_interval in heartbeat.c, 3.0.6). */
export const watchdogTimeout = (deadtime: string): number => Math.ceil((milliseconds(deadtime) + 10) / 1000)

export interface Watchdog {
  /** The device exists. */
  there: boolean
  /** From /sys/class/watchdog/watchdog0; empty on an old kernel. */
  identity: string
  nowayout: string
  state: string
  timeout: string
  /** Which of init and heartbeat have the device open. */
  holders: string[]
  /** heartbeat runs with the ha.cf on disk, which names the device. */
  wanted: boolean
}

const attributes = ['identity', 'nowayout', 'state', 'timeout'] as const

/** Opening the device starts it, so the script only looks for open file descriptors in /proc. */
const deviceScript = `[ -c ${device} ] && echo there
for name in ${attributes.join(' ')}; do
  value=''; { read -r value < "/sys/class/watchdog/watchdog0/$name"; } 2>/dev/null && echo "$name $value"
done
holds() { [ -n "$(find "/proc/$1/fd" -lname '${device}*' 2>/dev/null)" ]; }
${daemonPid}
if holds 1; then echo 'holder init'; fi
if [ -n "$p" ] && holds "$p"; then echo 'holder heartbeat'; fi
echo end`

/** Pure: parses the output of the scripts; undefined when it is malformed. */
export const parseWatchdog = (stdout: string, cf: string): Watchdog | undefined => {
  const blocks = blocksOf(stdout)
  const lines = (blocks.device ?? '').split('\n').filter(line => line !== '')
  const isKnown = lines.every(line => /^(there|end|holder (init|heartbeat)|(identity|nowayout|state|timeout) .*)$/.test(line))
  if (lines.at(-1) !== 'end' || !isKnown || !isDaemonAnswer(blocks.daemon ?? '')) return undefined
  const read = (name: string) => lines.find(line => line.startsWith(`${name} `))?.slice(name.length + 1) ?? ''
  const { running, newer } = parseDaemon(blocks.daemon ?? '')
  return {
    there: lines.includes('there'),
    identity: read('identity'),
    nowayout: read('nowayout'),
    state: read('state'),
    timeout: read('timeout'),
    holders: lines.filter(line => line.startsWith('holder ')).map(line => line.slice('holder '.length)),
    wanted: running && !newer.includes(cf) && (blocks.cf ?? '').trim() === `watchdog ${device}`,
  }
}

/** Pure: problems that keep the watchdog from resetting a hanging node, or make it reset a working one. */
export const watchdogProblems = (watchdog: Watchdog, module: string, timeout: number): string[] => {
  const { there, identity, nowayout, state, holders, wanted } = watchdog
  if (!there) return [`module ${module} is loaded, but there is no ${device}: use another module, or softdog`]
  const name = identity === '' ? device : `${device} (${identity})`
  const byHeartbeat = holders.includes('heartbeat')
  return [
    ...(nowayout === '1'
      ? [`${name} cannot be stopped (nowayout): an orderly stop of heartbeat would reset the node. Load its module with nowayout=0`]
      : []),
    ...(holders.includes('init')
      ? [
          `systemd has ${name} open, so heartbeat cannot: take RuntimeWatchdogSec out of /etc/systemd/system.conf, then systemctl daemon-reexec`,
        ]
      : []),
    ...(state === 'active' && holders.length === 0
      ? [`another program has ${name} open, so heartbeat cannot: stop it (package watchdog?)`]
      : []),
    ...(wanted && !byHeartbeat ? [`heartbeat runs without ${name}: its log says why; the node is not reset when it hangs`] : []),
    ...(byHeartbeat && watchdog.timeout !== '' && watchdog.timeout !== String(timeout) && wanted
      ? [`${name} resets the node after ${watchdog.timeout} s, not after ${timeout}: it does not accept the timeout of heartbeat`]
      : []),
  ]
}

/**
 * Loads the watchdog's module, now and at each boot before heartbeat, and checks that heartbeat can use the device. heartbeat opens it when
 * it starts, feeds it with each of its own heartbeats, and disables it (`V`) before an orderly stop releases anything.
 */
export const watchdog = ({ vars, platform }: Context): Resource[] => {
  const module = vars.heartbeat_watchdog
  if (module === undefined) return []
  const cf = `${platform.paths.haDir}/ha.cf`
  const loaded = kernelModule(module)
  return [
    platform.moduleAtBoot('nfsha-watchdog', module),
    loaded,
    hostAssertion<Watchdog>('watchdog', {
      dependsOn: [loaded.id],
      probe: probeOf(
        [
          ...['@device\n', shell(deviceScript)],
          ...['@cf\n', simple(`grep '^watchdog ' ${cf} 2>/dev/null`), '@daemon\n', ...daemonPieces(platform)],
        ],
        ({ stdout }) => {
          const found = parseWatchdog(stdout, cf)
          return found ? present(found) : notRead('incomplete output')
        },
      ),
      compare: actual =>
        refusedFor(
          actual.kind === 'present'
            ? watchdogProblems(actual.state, module, watchdogTimeout(vars.heartbeat_deadtime))
            : ['watchdog: nothing was found'],
        ),
    }),
  ]
}
