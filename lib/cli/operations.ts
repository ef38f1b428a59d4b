import type { Command } from 'commander'
import type { CronOptions } from './cron.ts'
import type { DriftOptions } from './drift.ts'
import type { PlayArguments } from './options.ts'

const withDriftOptions = (command: Command): Command =>
  command
    .option('--report <file>', 'write what was found as JSON (docs/drift.md)')
    .option('--metrics <file>', 'write figures for the textfile collector of Prometheus')
    .option('--syslog', 'tell the system log of this machine too, by logger(1)')

/** `nfsha-play drift`: what differs now. */
export const defineDrift = (command: Command): void =>
  void withDriftOptions(
    command.description('what differs now; silent when nothing does').argument('[playbook|role]', 'what is declared', 'site.yml'),
  )
    .option('--on-change-only', 'say a state once, again every 24 h, and when it has cleared')
    .action(async (argument: string, options: DriftOptions) => {
      const { drift } = await import('./drift.ts')
      process.exitCode = await drift(argument, command.optsWithGlobals<PlayArguments>(), options)
    })

/** `nfsha-play cron`: a job that looks for drift. */
export const defineCron = (command: Command): void => {
  command.description('a cron job that looks for drift (-u, --user: whose job it is)')
  withDriftOptions(command.command('install [playbook|role]').description('add the job, or bring it up to date'))
    .option('--schedule <when>', "crontab(5): '*/15 * * * *'", '*/15 * * * *')
    .option('--mailto <address>', 'who gets what the job prints')
    .action(async (argument: string | undefined, options: CronOptions) => {
      const { installCron } = await import('./cron.ts')
      process.exitCode = installCron(argument ?? 'site.yml', command.optsWithGlobals<PlayArguments>(), options)
    })
  for (const name of ['show', 'remove'] as const)
    command
      .command(name)
      .description(name === 'show' ? 'print the job' : 'take the job away')
      .action(async () => {
        const { showCron, removeCron } = await import('./cron.ts')
        process.exitCode = name === 'show' ? showCron() : removeCron()
      })
}

/** `nfsha-play history`: runs that changed something. */
export const defineHistory = (command: Command): void =>
  void command
    .description('runs that changed something; with an id, what that one did')
    .argument('[run]', 'its id, or a part of it')
    .action(async (run: string | undefined) => {
      const { history } = await import('./history.ts')
      process.exitCode = await history(run, command.optsWithGlobals<PlayArguments>())
    })
