import { quote } from './quote.ts'
import { notRead, present, skip } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy } from './verdict.ts'

export interface RestartState {
  running: boolean
  /** Identifies this start of the unit: systemd's InvocationID. */
  start: string
  /** Seconds since the epoch. */
  startedAt: number
  /** Seconds since the epoch: the last change of any of the files. */
  changedAt: number
  digest: string
  /** Recorded by our last restart: identity of the start, digest of the files. */
  recorded: { start: string; digest: string } | undefined
}

const recordOf = (unit: string) => `/var/lib/nfsha-play/restarted/${unit}`
const digestOf = (files: string[]) => `cat ${files.map(quote).join(' ')} 2>/dev/null | sha256sum | cut -d ' ' -f 1`

const probeOf = (unit: string, files: string[]): string => `command -v systemctl >/dev/null || exit 43
systemctl show -p ActiveState -p InvocationID -p ActiveEnterTimestampMonotonic ${quote(unit)} | sort
read -r up rest </proc/uptime; echo "up=$up"; echo "now=$(date +%s.%N)"
echo "changed=$(stat -c %.Y ${files.map(quote).join(' ')} 2>/dev/null | sort -n | tail -n 1)"
echo "digest=$(${digestOf(files)})"
echo "recorded=$(cat ${quote(recordOf(unit))} 2>/dev/null)"
`

/** Pure: parses the output of the probe; undefined when it is incomplete. */
export const parseRestart = (stdout: string): RestartState | undefined => {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1]
  const [active, start, monotonic] = ['ActiveState', 'InvocationID', 'ActiveEnterTimestampMonotonic'].map(value)
  const [up, now, changed, digest] = ['up', 'now', 'changed', 'digest'].map(value)
  if (active === undefined || start === undefined || !digest || !up || !now) return undefined
  const [recordedStart, recordedDigest] = (value('recorded') ?? '').split(' ')
  return {
    running: active === 'active' || active === 'reloading',
    start,
    startedAt: Number(now) - Number(up) + Number(monotonic ?? 0) / 1e6,
    changedAt: Number(changed ?? 0),
    digest,
    recorded: recordedStart && recordedDigest ? { start: recordedStart, digest: recordedDigest } : undefined,
  }
}

/**
 * Pure: whether a service runs with outdated files. For our own restart the digest of the files is known; for any other start the check is
 * whether the files have changed since. A stopped service reads them when it starts.
 */
export const needsRestart = ({ running, start, startedAt, changedAt, digest, recorded }: RestartState): boolean => {
  if (!running) return false
  return recorded?.start === start ? recorded.digest !== digest : changedAt > startedAt
}

/**
 * Handler `restart UNIT`: restarts a systemd unit only if it was started before its files changed. That is read from the host, so the next
 * run makes up for a restart that an interrupted run has missed.
 */
export const restart = (unit: string, { files }: { files: string[] }): HostResource<RestartState> => ({
  scope: 'host',
  id: `restart ${unit}`,
  invalidates: 'host',
  settle: 10_000,
  probe: {
    sh: probeOf(unit, files),
    parse({ code, stdout, stderr }) {
      if (code === 43) return skip('there is no systemd to restart it')
      const state = parseRestart(stdout)
      return state ? present(state) : notRead(`systemctl show ${unit}: ${stderr.trim()}`)
    },
  },
  compare: actual =>
    differsBy(
      actual.kind === 'present' && needsRestart(actual.state)
        ? [{ attribute: 'runs with', from: 'earlier files', to: 'those on the disk' }]
        : [],
    ),
  apply: scripted(() => {
    const record = quote(recordOf(unit))
    const script = `set -eu
digest=$(${digestOf(files)})
systemctl restart ${quote(unit)}
mkdir -p /var/lib/nfsha-play/restarted
echo "$(systemctl show -p InvocationID --value ${quote(unit)}) $digest" >${record}.new
mv ${record}.new ${record}
`
    return { what: `restarting ${unit}`, sh: script, timeout: 120_000, hint: `see its log: journalctl -u ${unit}` }
  }),
})
