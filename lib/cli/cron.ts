import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { siteRoles } from '../../roles/index.ts'
import { packagedFile, packageRoot } from '../../roles/packaged.ts'
import { findPlayable } from '../config/playable.ts'
import { print } from '../report/output.ts'
import { blockOf, checkMailto, cronFile, type Job, withBlock, withoutBlock } from './crontab.ts'
import type { DriftOptions } from './drift.ts'
import { refuseUnwritable } from './drift-outputs.ts'
import { exitCodes, type PlayArguments, UsageError } from './options.ts'
import { checkSchedule } from './schedule.ts'
import { inventoryPaths } from './sources.ts'
import { stateHome } from './state-home.ts'

export interface CronOptions extends DriftOptions {
  schedule: string
  mailto?: string
}

const systemFile = '/etc/cron.d/nfsha-play'
const isRoot = () => process.getuid?.() === 0

/** A job whose playbook or inventory is broken would only mail that, every time: `drift --syntax-check` reads all of it first. */
const refuseBroken = (argv: string[]): void => {
  const [node = '', ...rest] = argv
  const { status, stderr } = spawnSync(node, [...rest, '--syntax-check'], { encoding: 'utf8', cwd: '/' })
  if (status !== 0) throw new UsageError(stderr.trim())
}

/** `label@file` with its file absolute; `prompt` asks, which a job cannot. */
const absoluteId = (id: string): string => {
  const [, label = '', source = ''] = /^(.*?@)?(.*)$/.exec(id) ?? []
  if (source === 'prompt') throw new UsageError(`--vault-id ${id} asks on a terminal, and a cron job has none; name a file`)
  return `${label}${resolve(source)}`
}

/** The command line of the job: what was given, every path absolute, since cron starts it in another folder. */
export const argvOf = (argument: string, options: PlayArguments, outputs: DriftOptions): string[] => {
  if (options.askBecomePass || options.askVaultPass)
    throw new UsageError('-K and -J ask on a terminal, and a cron job has none; use a sudo rule, or --vault-password-file')
  const places = { cwd: process.cwd(), packageRoot, roleNames: siteRoles.map(r => r.name) }
  const playable = findPlayable(argument, places)
  const pair = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  const path = (name: string, value: string | undefined) => pair(name, value === undefined ? undefined : resolve(value))
  return [
    process.execPath,
    packagedFile('bin/nfsha-play.js'),
    'drift',
    playable.kind === 'role' ? playable.role : resolve(playable.file),
    ...inventoryPaths(options.inventory).flatMap(path => ['-i', resolve(path)]),
    ...pair('--limit', options.limit),
    ...(options.tags ?? []).flatMap(t => ['--tags', t]),
    ...(options.skipTags ?? []).flatMap(t => ['--skip-tags', t]),
    ...(options.extraVars ?? []).flatMap(v => ['-e', v.startsWith('@') ? `@${resolve(v.slice(1))}` : v]),
    ...pair('--forks', options.forks),
    ...(options.become ? ['--become'] : []),
    ...(options.acceptNewHostKeys ? ['--accept-new-host-keys'] : []),
    ...path('--private-key', options.privateKey),
    ...(options.vaultPasswordFile ?? []).flatMap(f => ['--vault-password-file', resolve(f)]),
    ...(options.vaultId ?? []).flatMap(id => ['--vault-id', absoluteId(id)]),
    ...path('--report', outputs.report),
    ...path('--metrics', outputs.metrics),
    ...(outputs.syslog ? ['--syslog'] : []),
    '--on-change-only',
  ]
}

const ownerOf = ({ user }: PlayArguments): string => {
  const me = userInfo().username
  if (user === undefined || user === me) return me
  if (!isRoot()) throw new UsageError(`--user ${user}: only root can install another user's job`)
  if (spawnSync('id', ['-u', user]).status !== 0) throw new UsageError(`--user ${user}: there is no such user`)
  return user
}

/** Root's folder for the locks of the jobs in cron.d. /run/lock is open to all: whoever locks a file there first, silences the job. */
const locksFolder = '/var/lib/nfsha-play-cron'

/** A lock that its user alone can open. Made here, since a user cannot make one in root's folder. */
const lockOf = (user: string): string => {
  if (!isRoot()) {
    mkdirSync(stateHome(), { recursive: true, mode: 0o700 })
    return join(stateHome(), 'cron.lock')
  }
  mkdirSync(locksFolder, { recursive: true, mode: 0o755 })
  const path = join(locksFolder, `${user}.lock`)
  const { O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    fchmodSync(file, 0o600)
    fchownSync(file, idOf('-u', user), idOf('-g', user))
  } finally {
    closeSync(file)
  }
  return path
}

const idOf = (option: '-u' | '-g', user: string): number => Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout)

/** `cron install`. Returns the exit code. */
export const installCron = (argument: string, options: PlayArguments, given: CronOptions): number => {
  const user = ownerOf(options)
  refuseUnwritable(given)
  const argv = argvOf(argument, options, given)
  const mailto = checkMailto(given.mailto)
  const schedule = checkSchedule(given.schedule)
  refuseBroken(argv)
  const path = [dirname(process.execPath), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  const state = process.env.XDG_STATE_HOME
  const job: Job = {
    schedule,
    ...(mailto !== undefined && { mailto }),
    environment: { PATH: [...new Set(path)].join(':'), ...(state && { XDG_STATE_HOME: resolve(state) }) },
    lock: lockOf(user),
    argv,
  }
  return isRoot() ? replaceSystemFile(cronFile(job, user)) : replaceCrontab(withBlock(readCrontab(), job, user), 'installed')
}

/** `cron show`. */
export const showCron = (): number => {
  const job = isRoot() ? (existsSync(systemFile) ? readFileSync(systemFile, 'utf8') : undefined) : blockOf(readCrontab())
  print(job ?? 'no job is installed: `nfsha-play cron install` does it\n')
  return exitCodes.fine
}

/** `cron remove`. */
export const removeCron = (): number => {
  if (!isRoot()) return replaceCrontab(withoutBlock(readCrontab()), 'removed')
  const was = existsSync(systemFile)
  rmSync(systemFile, { force: true })
  rmSync(locksFolder, { recursive: true, force: true })
  return tell(was ? `removed ${systemFile}` : 'nothing to do: no job is installed')
}

const tell = (text: string): number => {
  print(`${text}\n`)
  return exitCodes.fine
}

/** cron looks at a file's time and owner; 0600, since a variable given with -e may be nobody else's business. */
const replaceSystemFile = (text: string): number => {
  if (existsSync(systemFile) && readFileSync(systemFile, 'utf8') === text) return tell(`nothing to do: ${systemFile} is as it should be`)
  if (!existsSync(dirname(systemFile))) throw new UsageError(`there is no ${dirname(systemFile)}: is cron installed?`)
  // cron(8) ignores names with a dot, so the half-written file is never run.
  const beside = `${systemFile}.new`
  writeFileSync(beside, text, { mode: 0o600 })
  renameSync(beside, systemFile)
  return tell(`installed ${systemFile}`)
}

const crontab = (argv: string[], input?: string) => {
  const { error, status, stdout, stderr } = spawnSync('crontab', argv, { encoding: 'utf8', ...(input !== undefined && { input }) })
  if (error !== undefined) throw new UsageError(`crontab(1) cannot be run: ${error.message}; is cron installed?`)
  return { status, stdout, stderr }
}

const readCrontab = (): string => {
  const { status, stdout, stderr } = crontab(['-l'])
  if (status === 0) return stdout
  if (/no crontab for/.test(stderr)) return ''
  throw new UsageError(`crontab -l: ${stderr.trim()}`)
}

const replaceCrontab = (text: string, done: string): number => {
  if (readCrontab() === text) return tell('nothing to do: the crontab is as it should be')
  const { status, stderr } = text.trim() === '' ? crontab(['-r']) : crontab(['-'], text)
  if (status !== 0) throw new UsageError(`crontab: ${stderr.trim()}`)
  return tell(`${done}: the block of nfsha-play in your crontab`)
}
