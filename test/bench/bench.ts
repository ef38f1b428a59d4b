// npm run bench: compares the cost of a start and of a run with Ansible, Mitogen, pyinfra and bare ssh on this machine. Writes the result to its part
// of docs/performance.md.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIn } from '../clone.ts'
import { isRoot, whyNoSshd } from '../e2e/ssh/sshd.ts'
import { ansible, mitogen } from './contenders/ansible.ts'
import { bareSsh } from './contenders/bare-ssh.ts'
import { type Contender, isMissing } from './contenders/contender.ts'
import { ours } from './contenders/ours.ts'
import { pyinfra } from './contenders/pyinfra.ts'
import { startFarm } from './farm.ts'
import { type BenchOptions, benchOptions } from './options.ts'
import { inserted, reportText } from './report.ts'
import { measureScenario } from './rounds.ts'
import { scenariosOf } from './scenarios.ts'
import { measureStarts } from './starts.ts'

const inside = 'NFSHA_BENCH_NAMESPACE'
const root = fileURLToPath(new URL('../..', import.meta.url))
const tell = (text: string) => void process.stderr.write(`${text}\n`)

/** Runs itself again in namespaces with no network except loopback, in which all processes end with the first. */
const inNamespace = (): number => {
  const words = [
    '--net',
    '--pid',
    '--kill-child',
    '--fork',
    '--mount-proc',
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]
  const { status, error } = spawnSync('unshare', words, { stdio: 'inherit', env: { ...process.env, [inside]: '1' } })
  if (error) tell(`no network namespace: ${error.message}`)
  return status ?? 1
}

/** The hosts are this machine: removes the notes about files that no longer exist. */
const removeNotesOf = (folder: string): void => {
  const notes = '/var/lib/nfsha-play/backup'
  if (!existsSync(notes)) return
  for (const name of readdirSync(notes)) if (name.startsWith(folder.replaceAll('/', '%'))) rmSync(join(notes, name))
}

const bench = async (options: BenchOptions): Promise<void> => {
  // A signal that it does not handle cannot end the first process of a namespace (pid_namespaces(7)).
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  buildIn(root)
  const { only } = options
  const entrants = [ours(), ansible(), mitogen(), pyinfra(), bareSsh()].filter(
    ({ name }) => only.length === 0 || only.some(word => name.toLowerCase().includes(word.toLowerCase())),
  )
  const missing = entrants.filter(isMissing)
  for (const { name, missing: why } of missing) tell(`${name}: not measured, ${why}`)
  const contenders = entrants.filter((e): e is Contender => !isMissing(e))
  tell('starts')
  const starts = measureStarts(options.rounds)
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-bench-'))
  const farm = await startFarm(folder)
  try {
    const results = []
    for (const scenario of scenariosOf(options)) {
      const those = scenario.isLarge ? contenders.filter(c => ['nfsha-play', 'ssh true'].includes(c.name)) : contenders
      results.push(await measureScenario(scenario, those, farm, options.rounds, tell))
    }
    const text = reportText({
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
      rounds: options.rounds,
      versions: contenders.map(({ name, version }) => ({ name, version })),
      missing,
      starts,
      results,
    })
    process.stdout.write(`${text}\n`)
    if (!options.write) return
    const page = join(root, 'docs/performance.md')
    writeFileSync(page, inserted(readFileSync(page, 'utf8'), text))
  } finally {
    await farm.stop()
    rmSync(folder, { recursive: true, force: true })
    removeNotesOf(folder)
  }
}

const main = async (): Promise<number> => {
  const options = benchOptions(process.argv.slice(2))
  if (!isRoot) {
    tell('it makes a network namespace and starts sshd in it: only root can do that')
    return 2
  }
  const why = whyNoSshd()
  if (why !== undefined) {
    tell(why)
    return 2
  }
  if (process.env[inside] === undefined) return inNamespace()
  await bench(options)
  return 0
}

process.exitCode = await main()
