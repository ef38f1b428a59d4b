import { createHash } from 'node:crypto'
import { counted } from '../stats.ts'
import type { DriftReport, Finding } from './report.ts'

/** `M1: file /etc/exports.d/nfsha.exports: mode 0600, should be 0644 (repaired by: nfsha-play site.yml)` */
export const findingLine = (finding: Finding): string => {
  const { host, resource, is, should } = finding
  return `${host}: ${resource}: ${is}, should be ${should}${repairOf(finding)}`
}

const repairOf = ({ kind, repair }: Finding): string => {
  if (repair === undefined) return ''
  return kind === 'differs' ? ` (repaired by: nfsha-play ${repair})` : ` (not repaired automatically; next: ${repair})`
}

/** Who is at work, and how much is not alarmed for it. */
const interventionLines = ({ interventions, findings }: DriftReport): string[] => {
  const quiet = findings.filter(f => !f.alarm).length
  const lines = interventions.map(({ host, kind, who }) => `${host}: ${kind === 'play' ? 'a play is running' : 'in maintenance'}: ${who}`)
  return quiet > 0 && lines.length > 0 ? [...lines, `no alarm meanwhile for ${counted(quiet, 'difference')}`] : lines
}

/** Pure: what `drift` prints; nothing when all is as declared. */
export const driftLines = (report: DriftReport): string[] => [
  ...report.findings.filter(f => f.alarm).map(findingLine),
  ...interventionLines(report),
]

/** Figures move without anything having happened: a state is what is wrong, not how far. */
const still = (text: string): string => text.replace(/\d+([.,]\d+)?/g, '#')

/** Pure: names the state that a report describes; the same as long as the same things are wrong. Empty when nothing is. */
export const fingerprint = ({ findings }: DriftReport): string => {
  const alarms = findings.filter(f => f.alarm).map(f => [f.kind, f.cluster, f.host, f.resource, still(f.is), f.should].join('\0'))
  return alarms.length === 0 ? '' : createHash('sha256').update(alarms.sort().join('\n')).digest('hex').slice(0, 16)
}

/** What was told of a state, and when. */
export interface Told {
  fingerprint: string
  /** Since when the cluster is in this state. */
  since: string
  told: string
}

const again = 24 * 3_600_000

/**
 * Pure: `--on-change-only`. A state is reported once, again every 24 h, and so is its end. While somebody is at work nothing is: what was wrong
 * before them is still open, and is reported again or cleared by the first look after them.
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
    lines: isSame ? [...lines, `the same since ${before.since}`] : lines,
    told: { fingerprint: state, since: isSame ? before.since : time, told: time },
  }
}
