import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { print } from '../../report/output.ts'
import { argvOf } from '../cron/command-line.ts'
import { blockOf, checkMailto, cronFile, type Job, withBlock, withoutBlock } from '../cron/crontab.ts'
import { readCrontab, readSystemFile, removeSystemFile, replaceCrontab, replaceSystemFile } from '../cron/installed.ts'
import { lockOf, removeLocks } from '../cron/lock-file.ts'
import { checkSchedule } from '../cron/schedule.ts'
import { isRoot, ownerOf } from '../cron/user.ts'
import { type DriftOptions, withDriftOptions } from '../drift/options.ts'
import { refuseUnwritable } from '../drift/outputs.ts'
import { exitCodes, type PlayArguments, UsageError } from '../options.ts'

interface CronOptions extends DriftOptions {
  schedule: string
  mailto?: string
}

/** `nfsha-play cron`: a cron job that checks for drift. */
export const define = (command: Command): void => {
  command.description('look for drift from cron (-u, --user: the user of the cron job)')
  withDriftOptions(command.command('install [playbook|role]').description('add or update the job'))
    .option('--schedule <when>', "crontab(5): '*/15 * * * *'", '*/15 * * * *')
    .option('--mailto <address>', 'mail address for the output of the job')
    .action(async (argument: string | undefined, options: CronOptions) => {
      process.exitCode = installCron(argument ?? 'site.yml', command.optsWithGlobals<PlayArguments>(), options)
    })
  for (const name of ['show', 'remove'] as const)
    command
      .command(name)
      .description(name === 'show' ? 'print the job' : 'remove the job')
      .action(async () => {
        process.exitCode = name === 'show' ? showCron() : removeCron()
      })
}

/**
 * Refuses a playbook or inventory with errors, which the job would only mail on every run: `drift --syntax-check` reads all of it first.
 */
const refuseBroken = (argv: string[]): void => {
  const [node = '', ...rest] = argv
  const { status, stderr } = spawnSync(node, [...rest, '--syntax-check'], { encoding: 'utf8', cwd: '/' })
  if (status !== 0) throw new UsageError(stderr.trim())
}

/** `cron install`. Returns the exit code. */
const installCron = (argument: string, options: PlayArguments, given: CronOptions): number => {
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
const showCron = (): number => {
  const job = isRoot() ? readSystemFile() : blockOf(readCrontab())
  print(job ?? 'no job is installed: `nfsha-play cron install` installs one\n')
  return exitCodes.fine
}

/** `cron remove`. */
const removeCron = (): number => {
  if (!isRoot()) return replaceCrontab(withoutBlock(readCrontab()), 'removed')
  const exitCode = removeSystemFile()
  removeLocks()
  return exitCode
}
