import type { Result, Row } from './rounds.ts'
import type { Scenario } from './scenarios.ts'
import type { Starts } from './starts.ts'
import type { Spread } from './stats.ts'

/** All results of a run of the bench. */
export interface BenchReport {
  date: string
  machine: string
  rounds: number
  versions: { name: string; version: string }[]
  missing: { name: string; missing: string }[]
  starts: Starts
  results: Result[]
}

/** The part of docs/performance.md that the bench writes. Pure. */
export const reportText = (report: BenchReport): string =>
  [
    `${report.date}, ${report.machine}. Each figure is the median of ${report.rounds} rounds, with minimum and maximum in brackets. In each`,
    'round every program ran once; a round before them filled the caches. CPU: user and system time of the program and of',
    'the processes that it waited for, on the side of the runner (without ControlPersist masters, which keep running). RSS:',
    'of the largest process. Hosts: addresses of loopback, one sshd, on the same machine, at most 50 at a time. After each',
    'run the files were verified.',
    '',
    ...report.versions.map(({ name, version }) => `- ${name}: ${version}`),
    ...report.missing.map(({ name, missing }) => `- ${name}: not measured, ${missing}`),
    '',
    '### Starts that reach no host',
    '',
    startsText(report.starts),
    '',
    ...report.results.flatMap(result => [`### ${titleOf(result.scenario)}`, '', resultText(result), '']),
    '### Wall time',
    '',
    '```',
    chartText(report.results),
    '```',
  ].join('\n')

const titleOf = ({ title, hosts, count, state }: Scenario): string =>
  `${title[0]?.toUpperCase()}${title.slice(1)}: ${hosts} hosts, ${count} resources each${state === 'empty' ? ` (${hosts * count} changes)` : ''}`

const startsText = ({ baseline, places, rows }: Starts): string =>
  [
    `CPU time as a multiple of \`node -e 0\` (${baseline.toFixed(0)} ms).`,
    '',
    `| start | ${places.join(' | ')} |`,
    `|---|${places.map(() => '---|').join('')}`,
    ...rows.map(({ start, ratios }) => `| \`${start}\` | ${ratios.map(r => r.toFixed(2)).join(' | ')} |`),
  ].join('\n')

const resultText = ({ rows, failed }: Result): string => {
  const floor = rows.find(r => r.contender === 'ssh true')?.wall.median
  const ours = rows.find(r => r.contender === 'nfsha-play')?.wall.median
  return [
    '| | wall, s | CPU, s | RSS, MiB | times `ssh true` | times nfsha-play |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      r =>
        `| ${r.contender} | ${spread(r.wall, 1000)} | ${spread(r.cpu, 1)} | ${r.rss.median.toFixed(0)} | ${ratio(r, floor)} | ${ratio(r, ours)} |`,
    ),
    ...failed.map(({ contender, reason }) => `| ${contender} | no figures: ${reason.replaceAll('|', '/').replaceAll('\n', ' ')} | | | | |`),
  ].join('\n')
}

const spread = ({ median, least, most }: Spread, unit: number): string =>
  `${(median / unit).toFixed(2)} (${(least / unit).toFixed(2)}–${(most / unit).toFixed(2)})`

const ratio = ({ wall }: Row, base: number | undefined): string => (base === undefined ? '' : (wall.median / base).toFixed(1))

/** Width of the longest bar in columns. */
const longest = 50

/** Medians of the wall time as bars, with a separate scale for each scenario. Pure. */
export const chartText = (results: Result[]): string => {
  const width = Math.max(0, ...results.flatMap(r => r.rows.map(row => row.contender.length)))
  return results
    .map(({ scenario, rows }) => {
      const most = Math.max(...rows.map(r => r.wall.median))
      const bars = rows.map(({ contender, wall: { median } }) => {
        const bar = '█'.repeat(Math.floor((longest * median) / most)) || '▏'
        return `  ${contender.padEnd(width)}  ${bar} ${(median / 1000).toFixed(2)} s`
      })
      return [titleOf(scenario), ...bars].join('\n')
    })
    .join('\n\n')
}

const begin = '<!-- written by npm run bench: from here -->'
const end = '<!-- written by npm run bench: to here -->'

/** The page with the part between the markers replaced; a page without markers gets a section at its end. Pure. */
export const inserted = (page: string, text: string): string => {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) return inserted(`${page.trimEnd()}\n\n## Beside other tools\n\n${begin}\n${end}\n`, text)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}
