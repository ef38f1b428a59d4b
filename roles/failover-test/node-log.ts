/** What a line of a node's log means for a failover. */
export type EventKind = 'notices' | 'releases' | 'released' | 'takes over' | 'serves' | 'storage' | 'other'

export interface NodeEvent {
  host: string
  /** ms from the fault. */
  at: number
  kind: EventKind
  text: string
}

export interface LogLine {
  /** Seconds since the epoch by the node's clock. */
  time: number
  /** Who wrote it: `heartbeat`, `nfsha`, `kernel`. */
  by: string
  text: string
}

/** Prints what the cluster's programs and the kernel's DRBD and NFS said since a moment of the host's own clock (seconds since the epoch). */
export const logScript = (since: number): string => `LC_ALL=C; export LC_ALL
command -v journalctl >/dev/null || exit 44
journalctl -q --no-pager -o short-unix --since "@${Math.floor(since)}" SYSLOG_FACILITY=16 + SYSLOG_IDENTIFIER=nfsha + SYSLOG_IDENTIFIER=ipfail + _TRANSPORT=kernel`

/** `1732557600.123456 M2 nfsha[812]: started`, as journalctl's short-unix has it. Pure. */
export const parseLogLine = (line: string): LogLine | undefined => {
  const [, time, by = '', text = ''] = /^(\d+\.\d+) \S+ ([^:[\s]+)(?:\[\d+\])?: (.*)$/.exec(line) ?? []
  return time === undefined ? undefined : { time: Number(time), by, text }
}

export const eventsOf = (host: string, stdout: string, ms: (time: number) => number): NodeEvent[] =>
  stdout.split('\n').flatMap(line => {
    const parsed = parseLogLine(line)
    return parsed ? [{ host, at: Math.round(ms(parsed.time)), kind: 'other' as const, text: `${parsed.by}: ${parsed.text}` }] : []
  })
