import type { DriftReport, Finding } from './report.ts'

const label = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const kinds: Finding['kind'][] = ['differs', 'wrong', 'unknown', 'unreachable']

const metric = (name: string, help: string, samples: string[]): string[] => [
  `# HELP nfsha_${name} ${help}`,
  `# TYPE nfsha_${name} gauge`,
  ...samples.map(sample => `nfsha_${name}${sample}`),
]

const seconds = (time: string): string => (Date.parse(time) / 1000).toFixed(3)

/**
 * Pure: the text of a Prometheus textfile. `lastComplete` is when a check last reached all hosts, for an alert on a check that no longer
 * runs; an incomplete check repeats the previous time.
 */
export const driftMetrics = (report: DriftReport, lastComplete: string | undefined): string => {
  const alarms = report.findings.filter(f => f.alarm)
  const hostsOf = (finding: Finding) => finding.host.split(',')
  const findings = report.hosts.flatMap(host =>
    kinds.map(kind => `{host="${label(host)}",kind="${kind}"} ${alarms.filter(f => f.kind === kind && hostsOf(f).includes(host)).length}`),
  )
  const up = report.hosts.map(
    host => `{host="${label(host)}"} ${report.findings.some(f => f.kind === 'unreachable' && f.host === host) ? 0 : 1}`,
  )
  const atWork = (['play', 'maintenance'] as const).map(
    kind => `{kind="${kind}"} ${report.interventions.some(i => i.kind === kind) ? 1 : 0}`,
  )
  return `${[
    ...metric('drift_findings', 'Differences from what is declared, by host and kind.', findings),
    ...metric('drift_host_reachable', 'Whether the host could be asked.', up),
    ...metric('drift_at_work', 'A play is running or the cluster is in maintenance: differences raise no alarm.', atWork),
    ...metric('drift_resources_checked', 'Resources judged by the last check.', [` ${report.checked}`]),
    ...metric('drift_exit_code', 'Exit code of the last check.', [` ${report.exitCode}`]),
    ...metric('drift_last_check_timestamp_seconds', 'When the last check ended.', [` ${seconds(report.ended)}`]),
    ...(lastComplete === undefined
      ? []
      : metric('drift_last_complete_check_timestamp_seconds', 'When a check last reached all hosts.', [` ${seconds(lastComplete)}`])),
  ].join('\n')}\n`
}

/** Pure: the time of the last complete check in an earlier textfile. */
export const lastCompleteIn = (text: string): string | undefined => {
  const value = /^nfsha_drift_last_complete_check_timestamp_seconds (\S+)$/m.exec(text)?.[1]
  return value === undefined || Number.isNaN(Number(value)) ? undefined : new Date(Number(value) * 1000).toISOString()
}
