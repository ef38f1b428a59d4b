import type { Command } from 'commander'
import type { ScriptResult } from '../../ssh/connection.ts'
import { oneLine } from '../../text/layout.ts'
import type { PlayArguments } from '../options.ts'
import { accepting, reachOptions } from './accepting.ts'

/** `nfsha-play unlock`: removes a stale lock. */
export const define = (command: Command): void =>
  void accepting(command, reachOptions)
    .description('remove a stale lock')
    .argument('[pattern]', 'which hosts', 'all')
    .action(async (pattern: string) => {
      const [{ eachHost }, { unlockScript }] = await Promise.all([import('../run/each-host.ts'), import('../../engine/lock-scripts.ts')])
      process.exitCode = await eachHost(pattern, command.optsWithGlobals<PlayArguments>(), unlockScript(), unlockWords)
    })

/** Formats the output of `unlockScript` as a line; undefined when the script failed. */
const unlockWords = ({ code, stdout }: ScriptResult): string | undefined => {
  const lines = stdout.split('\n').filter(line => line !== '')
  const steps = lines.flatMap(line => /^step (\d+)$/.exec(line)?.[1] ?? [])
  const [owner = 'owner unknown'] = lines.filter(line => !line.startsWith('step '))
  if (code !== 0) return undefined
  if (owner === 'not locked') return owner
  const step = steps.length === 0 ? '' : `; a step of that run still runs (process ${steps.join(', ')}): the next run waits for it`
  return `unlocked, it was held by ${oneLine(owner)}${step}`
}
