import { createHash } from 'node:crypto'
import { counted } from '../../text/amounts.ts'
import type { DriftReport, Finding } from './report.ts'

/** `M1: file /etc/exports.d/nfsha.exports: mode 0600, should be 0644 (repaired by: nfsha-play site.yml)` */
export const findingLine = (finding: Finding): string => {
  const { kind, host, resource, is, should } = finding
  const what = kind === 'unknown' ? `not known: ${is}` : should === '' ? is : `${is}, should be ${should}`
  return `${host}: ${resource}: ${what}${repairOf(finding)}`
}

const repairOf = ({ kind, repair }: Finding): string => {
  if (repair === undefined) return ''
  return kind === 'differs' ? ` (repaired by: nfsha-play ${repair})` : ` (not repaired automatically; next: ${repair})`
}

/** Who is working on the cluster, and how many differences raise no alarm because of that. */
const interventionLines = ({ interventions, findings }: DriftReport): string[] => {
  const quiet = findings.filter(f => !f.alarm).length
  const lines = interventions.map(({ host, kind, who }) => `${host}: ${kind === 'play' ? 'a play is running' : 'in maintenance'}: ${who}`)
  return quiet > 0 && lines.length > 0 ? [...lines, `no alarm meanwhile for ${counted(quiet, 'difference')}`] : lines
}

/** Pure: what `drift` prints; nothing when everything is as declared. */
export const driftLines = (report: DriftReport): string[] => [
  ...report.findings.filter(f => f.alarm).map(findingLine),
  ...interventionLines(report),
]

/** Numbers change by themselves: a state is which things are wrong, not by how much. */
const still = (text: string): string => text.replace(/\d+([.,]\d+)?/g, '#')

/** Pure: identifies the state that a report describes; the same as long as the same things are wrong. Empty when nothing is. */
export const fingerprint = ({ findings }: DriftReport): string => {
  const alarms = findings.filter(f => f.alarm).map(f => [f.kind, f.cluster, f.host, f.resource, still(f.is), f.should].join('\0'))
  return alarms.length === 0 ? '' : createHash('sha256').update(alarms.sort().join('\n')).digest('hex').slice(0, 16)
}

/** The last report of a state. */
export interface Told {
  fingerprint: string
  /** When the cluster got into this state. */
  since: string
  told: string
}

const again = 24 * 3_600_000

/**
 * Pure: `--on-change-only`. A state is reported once, repeated every 24 h, and reported when it has cleared. Nothing is reported while
 * somebody works on the cluster: earlier problems stay open, and the first check afterwards reports or clears them.
 */
export const onChange = (report: DriftReport, before: Told | undefined, now: Date): { lines: string[]; told: Told | undefined } => {
  const state = fingerprint(report)
  if (state === '') {
    if (before === undefined || report.interventions.length > 0 || !report.complete) return { lines: [], told: before }
    return { lines: [`cleared: everything is as declared again, after differences since ${before.since}`], told: undefined }
  }
  const isSame = before?.fingerprint === state
  if (isSame && now.getTime() - Date.parse(before.told) < again) return { lines: [], told: before }
  const time = now.toISOString()
  const lines = driftLines(report)
  return {
    lines: isSame ? [...lines, `unchanged since ${before.since}`] : lines,
    told: { fingerprint: state, since: isSame ? before.since : time, told: time },
  }
}
