/** The meaning of a log line of a node for a failover. */
export type EventKind = 'notices' | 'releases' | 'released' | 'takes over' | 'serves' | 'storage' | 'other'

export interface NodeEvent {
  host: string
  /** ms from the fault. */
  at: number
  kind: EventKind
  text: string
}

interface LogLine {
  /** Seconds since the epoch by the node's clock. */
  time: number
  /** The program that wrote it: `heartbeat`, `nfsha`, `kernel`. */
  by: string
  text: string
}

/** The syslog facility of heartbeat and its helpers, set in ha.cf: local0. */
const facility = 16

/**
 * Prints log lines of the cluster's programs and the kernel since a moment of the host's own clock (seconds since the epoch). Prints
 * nothing without a journal: other logs have whole seconds, which is too coarse.
 */
export const logScript = (since: number): string => `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
command -v journalctl >/dev/null || exit 0
journalctl -q --no-pager -o short-unix --since "@${Math.floor(since)}" SYSLOG_FACILITY=${facility} + SYSLOG_IDENTIFIER=nfsha + _TRANSPORT=kernel`

/**
 * `1795625527.123456 M2 nfsha[812]: started`, as printed by journalctl's short-unix; heartbeat repeats its process number in the text.
 * Pure.
 */
export const parseLogLine = (line: string): LogLine | undefined => {
  const [, time, by = '', text = ''] = /^(\d+\.\d+) \S+ ([^:[\s]+)(?:\[\d+\])?: (?:\[\d+\]: )?(.*)$/.exec(line) ?? []
  return time === undefined ? undefined : { time: Number(time), by, text: text.trim() }
}

/**
 * The first match wins: lines of heartbeat 3.0.6, its ResourceManager, our resource script and the kernel. Between heartbeat's line that it
 * gives up or acquires resources and the script itself, its own shell scripts take seconds in which clients are still served, or not yet.
 */
const meanings: readonly [EventKind, string, RegExp][] = [
  ['notices', 'heartbeat', /node \S+ is dead|Link \S+ dead|shutdown notice|shutdown in progress|wants to go standby/i],
  ['notices', 'heartbeat', /give up all HA resources|acquire (all|local) HA resources|Resources being acquired/],
  ['notices', 'ipfail', /dead|ping node count|giv(e|ing) up/i],
  ['notices', 'nfsha', /handing over|restarting the service/],
  ['notices', 'mach_down', /Taking over resource group/],
  ['notices', 'ResourceManager', /(Releasing|Acquiring) resource group/],
  ['notices', 'kernel', /drbd.*(PingAck did not arrive|sock was shut down by peer)/],
  ['releases', 'ResourceManager', /resource\.d\/\S+ .*stop$/],
  ['released', 'heartbeat', /resource release completed/],
  ['released', 'nfsha', /^stopped$/],
  ['takes over', 'ResourceManager', /resource\.d\/\S+ .*start$/],
  ['serves', 'nfsha', /^started$/],
  // heartbeat also logs this before its scripts have started anything, for example for a group that is not the lost node's, for which it
  // has only written a request.
  ['serves', 'heartbeat', /all HA resource acquisition completed|mach_down takeover complete/],
  ['storage', 'kernel', /drbd\S*: (role|peer|conn|disk)\(|EXT4-fs \(drbd|NFSD: /],
]

/** heartbeat complains about every delay of its own main loop; on a busy machine it logs nothing else. */
const noise = /^(Gmain_timeout|G_\w+)_dispatch/

/** `ResourceManager(default)` and `heartbeat` are the programs' names; the part in brackets is the configuration. */
const kindOf = ({ by, text }: LogLine): EventKind =>
  meanings.find(([, who, pattern]) => by.replace(/\(.*/, '') === who && pattern.test(text))?.[0] ?? 'other'

/**
 * Pure: the lines as events on the report's time axis; `ms` converts a node's time. Other kernel lines are left out (a boot logs a lot).
 */
export const eventsOf = (host: string, stdout: string, ms: (time: number) => number): NodeEvent[] => {
  let started = false
  return stdout.split('\n').flatMap(line => {
    const parsed = parseLogLine(line)
    const said = parsed && kindOf(parsed)
    if (!parsed || !said || (said === 'other' && (parsed.by === 'kernel' || noise.test(parsed.text.replace(/^\w+: /, ''))))) return []
    if (said === 'takes over') started = true
    const kind = said === 'serves' && parsed.by === 'heartbeat' && !started ? 'notices' : said
    return [{ host, at: Math.round(ms(parsed.time)), kind, text: `${parsed.by}: ${parsed.text}` }]
  })
}
