// npm run bench:start: CPU time of starts that reach no host, of the build and of the sources, beside `node -e 0`. Prints a table for docs/performance.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIn, copyOfClone } from '../clone.ts'

const rounds = Number(process.argv[2] ?? 15)
const folder = mkdtempSync(join(tmpdir(), 'nfsha-start-'))
const [sources, built] = ['sources', 'built'].map(name => copyOfClone(mkdtempSync(join(folder, `${name}-`)))) as [string, string]
const installed = join(folder, 'installed')
buildIn(built)
spawnSync('cp', ['-rP', built, installed])
rmSync(join(installed, 'package-lock.json'))

const used = join(folder, 'used')
const meter = join(folder, 'meter.cjs')
writeFileSync(
  meter,
  `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('fs').writeFileSync(${JSON.stringify(used)}, String(user + system)) })`,
)

/** ms of CPU that node needed. */
const cpu = (argv: string[]): number => {
  const { error } = spawnSync(process.execPath, ['--require', meter, ...argv], { cwd: folder, env: { ...process.env, HOME: folder } })
  if (error) throw error
  return Number(readFileSync(used, 'utf8')) / 1000
}

const starts = [['--version'], ['--help'], ['site.yml', '--list-tasks'], ['site.yml', '-i', 'nowhere']]
const places: [string, string][] = [
  ['sources (tsx)', sources],
  ['clone', built],
  ['installed', installed],
]
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
rmSync(folder, { recursive: true })

const median = (kind: string): number => [...(found.get(kind) ?? [])].sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
const ratio = (kind: string): string => (median(kind) / median('node -e 0')).toFixed(2)
const lines = starts.map(
  words => `| \`${words.join(' ')}\` | ${places.map(([name]) => `${ratio(`${words.join(' ')} | ${name}`)}`).join(' | ')} |`,
)
process.stdout.write(`node ${process.version}, ${rounds} rounds, median of \`node -e 0\`: ${median('node -e 0').toFixed(0)} ms of CPU

| | ${places.map(([name]) => name).join(' | ')} |
|---|${places.map(() => '---|').join('')}
${lines.join('\n')}
`)
