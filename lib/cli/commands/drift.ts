import type { Command } from 'commander'
import { type DriftOptions, withDriftOptions } from '../drift/options.ts'
import type { PlayArguments } from '../options.ts'

/** `nfsha-play drift`: what differs now. */
export const define = (command: Command): void =>
  void withDriftOptions(
    command.description('report drift; silent when there is none').argument('[playbook|role]', 'declared state', 'site.yml'),
  )
    .option('--on-change-only', 'report a state once, repeat it daily, and report when it has cleared')
    .action(async (argument: string, options: DriftOptions) => {
      const { drift } = await import('../drift/look.ts')
      process.exitCode = await drift(argument, command.optsWithGlobals<PlayArguments>(), options)
    })
