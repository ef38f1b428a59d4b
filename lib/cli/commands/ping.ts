import type { Command } from 'commander'
import { oneLine } from '../../text/layout.ts'
import type { PlayArguments } from '../options.ts'
import { accepting, reachOptions } from './accepting.ts'

/** `nfsha-play ping`: which hosts can be reached, as which user, and their kernel. */
export const define = (command: Command): void =>
  void accepting(command, reachOptions)
    .description('which hosts can be reached, and as which user')
    .argument('[pattern]', 'which hosts', 'all')
    .action(async (pattern: string) => {
      const { eachHost } = await import('../run/each-host.ts')
      process.exitCode = await eachHost(pattern, command.optsWithGlobals<PlayArguments>(), script, ({ code, stdout }) =>
        code === 0 ? `ok  ${oneLine(stdout)}` : undefined,
      )
    })

const script = 'echo "$(id -un) on $(uname -n), Linux $(uname -r)"'
