import type { ClusterStatus } from '../../resources/cluster-status.ts'
import { oneLine } from '../../text/layout.ts'
import type { StatusReport } from '../views/status-view.ts'
import { linksUp, outOfSync, resyncPercent, threads } from './figures.ts'

/** Exit codes of plugins for Nagios and Icinga (Monitoring Plugins Development Guidelines). */
const codes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const

type Word = keyof typeof codes

const wordOf = ({ service, verdict }: ClusterStatus): Word => {
  if (service === 'on-both') return 'CRITICAL'
  return ({ healthy: 'OK', degraded: 'WARNING', down: 'CRITICAL', 'not-known': 'UNKNOWN' } as const)[verdict.state]
}

/** The worst of several clusters counts; known to be down is worse than unknown. */
const worst: readonly Word[] = ['CRITICAL', 'UNKNOWN', 'WARNING', 'OK']

const verdictOf = ({ clusters, faults }: StatusReport): Word => {
  if (clusters.length === 0 || faults.length > 0) return 'UNKNOWN'
  return worst.find(word => clusters.some(c => wordOf(c) === word)) ?? 'UNKNOWN'
}

/** A bar would end the text, and only one line is read. */
const inText = (text: string): string => oneLine(text).replaceAll('|', '/')

const textOf = ({ cluster, headline, problems, verdict }: ClusterStatus): string => {
  const causes = problems.map(p => `${p.text} [${p.code}]`)
  const said = verdict.state === 'degraded' && causes.length === 0 ? [verdict.text] : causes
  return inText([`${cluster}: ${headline}`, ...said].join('; '))
}

/** `'label'=value[unit];warn;crit;min;max`; leaves out what was not read. */
const perfdataOf = (status: ClusterStatus, prefix: string): string[] => {
  const { nodes, problems } = status
  const figure = (label: string, value: number | null | undefined, unit = '', range = ';;;0') =>
    value === null || value === undefined ? [] : [`'${`${prefix}${label}`.replaceAll(/['=]/g, '_')}'=${value}${unit}${range}`]
  const links = linksUp(nodes)
  return [
    ...figure('nodes_read', nodes.filter(n => n.read === 'completely').length, '', `;;;0;${nodes.length}`),
    ...figure('problems', problems.filter(p => p.severity === 'problem').length),
    ...figure('out_of_sync', outOfSync(nodes), 'KB'),
    ...figure('resync', resyncPercent(nodes), '%', ';;;0;100'),
    ...figure('links_up', links?.up, '', `;;;0;${links?.all ?? 0}`),
    ...figure('nfsd_threads', threads(nodes)),
  ]
}

/** Pure: the line of a plugin. */
export const nagiosLine = (report: StatusReport): string => {
  const { clusters, faults } = report
  const texts = clusters.map(textOf)
  const said = [...faults.map(inText), ...(clusters.length === 0 && faults.length === 0 ? ['no state was read'] : []), ...texts].join('; ')
  const perfdata = clusters.flatMap(c => perfdataOf(c, clusters.length > 1 ? `${c.cluster}::` : ''))
  return `NFSHA ${verdictOf(report)} - ${said}${perfdata.length > 0 ? ` | ${perfdata.join(' ')}` : ''}\n`
}

export const nagiosCode = (report: StatusReport): number => codes[verdictOf(report)]
