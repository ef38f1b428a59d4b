import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { print } from '../../report/output.ts'
import { exitCodes, UsageError } from '../options.ts'

const systemFile = '/etc/cron.d/nfsha-play'

export const readSystemFile = (): string | undefined => (existsSync(systemFile) ? readFileSync(systemFile, 'utf8') : undefined)

/** Removes the file and prints what was done. Returns the exit code. */
export const removeSystemFile = (): number => {
  const was = existsSync(systemFile)
  rmSync(systemFile, { force: true })
  return tell(was ? `removed ${systemFile}` : 'nothing to do: no job is installed')
}

const tell = (text: string): number => {
  print(`${text}\n`)
  return exitCodes.fine
}

/** cron checks the owner and the time of a file. Mode 0600, because a variable given with -e may be confidential. */
export const replaceSystemFile = (text: string): number => {
  if (existsSync(systemFile) && readFileSync(systemFile, 'utf8') === text) return tell(`nothing to do: ${systemFile} is up to date`)
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

export const readCrontab = (): string => {
  const { status, stdout, stderr } = crontab(['-l'])
  if (status === 0) return stdout
  if (/no crontab for/.test(stderr)) return ''
  throw new UsageError(`crontab -l: ${stderr.trim()}`)
}

export const replaceCrontab = (text: string, done: string): number => {
  if (readCrontab() === text) return tell('nothing to do: the crontab is up to date')
  const { status, stderr } = text.trim() === '' ? crontab(['-r']) : crontab(['-'], text)
  if (status !== 0) throw new UsageError(`crontab: ${stderr.trim()}`)
  return tell(`${done}: the block of nfsha-play in your crontab`)
}
