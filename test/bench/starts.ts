import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIn, copyOfClone } from '../clone.ts'
import { spreadOf } from './stats.ts'

/** CPU time of starts that reach no host, as multiples of `node -e 0`. */
export interface Starts {
  /** ms of `node -e 0`. */
  baseline: number
  places: string[]
  rows: { start: string; ratios: number[] }[]
}

const starts = [['--version'], ['--help'], ['site.yml', '--list-tasks'], ['site.yml', '-i', 'nowhere']]

/** Measures the sources, the build in a clone and the installed package in turn; returns medians over the rounds. */
export const measureStarts = (rounds: number): Starts => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-start-'))
  try {
    return startsIn(folder, rounds)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const startsIn = (folder: string, rounds: number): Starts => {
  const places = placesIn(folder)
  const cpu = meterIn(folder)
  const kinds = new Map<string, string[]>([['node -e 0', ['-e', '0']]])
  for (const words of starts)
    for (const [name, root] of places) kinds.set(`${words.join(' ')} | ${name}`, [join(root, 'bin/nfsha-play.js'), ...words])
  const found = new Map([...kinds.keys()].map(kind => [kind, [] as number[]]))
  // The first round fills the caches.
  for (let round = 0; round <= rounds; round++)
    for (const [kind, argv] of kinds) {
      const ms = cpu(argv)
      if (round > 0) found.get(kind)?.push(ms)
    }
  const median = (kind: string): number => spreadOf(found.get(kind) ?? []).median
  const baseline = median('node -e 0')
  return {
    baseline,
    places: places.map(([name]) => name),
    rows: starts.map(words => {
      const start = words.join(' ')
      return { start, ratios: places.map(([name]) => median(`${start} | ${name}`) / baseline) }
    }),
  }
}

const placesIn = (folder: string): [string, string][] => {
  const [sources, built] = ['sources', 'built'].map(name => copyOfClone(mkdtempSync(join(folder, `${name}-`)))) as [string, string]
  const installed = join(folder, 'installed')
  buildIn(built)
  spawnSync('cp', ['-rP', built, installed])
  rmSync(join(installed, 'package-lock.json'))
  return [
    ['sources (tsx)', sources],
    ['build, in a clone', built],
    ['build, installed', installed],
  ]
}

/** ms of CPU time that node used. */
const meterIn = (folder: string): ((argv: string[]) => number) => {
  const used = join(folder, 'used')
  const meter = join(folder, 'meter.cjs')
  writeFileSync(
    meter,
    `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('fs').writeFileSync(${JSON.stringify(used)}, String(user + system)) })`,
  )
  return argv => {
    const { error } = spawnSync(process.execPath, ['--require', meter, ...argv], { cwd: folder, env: { ...process.env, HOME: folder } })
    if (error) throw error
    return Number(readFileSync(used, 'utf8')) / 1000
  }
}
