import { constants, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { ConfigError, wholeOf } from '../../config/error.ts'
import { reasonOf } from '../../config/files.ts'
import { print } from '../../report/output.ts'
import { packagedFile } from '../../text/packaged.ts'
import { accepting } from './accepting.ts'

const inventoryFile = join('inventory', 'hosts.yml')

/** `nfsha-play init [dir]`: an inventory to fill in. */
export const define = (command: Command): void =>
  void accepting(command, []).description('an example inventory to fill in').argument('[dir]', 'gets inventory/hosts.yml', '.').action(init)

/** What is there already is never overwritten. */
const init = (directory: string): void => {
  const target = join(directory, inventoryFile)
  try {
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(packagedFile(inventoryFile), target, constants.COPYFILE_EXCL)
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already' : `cannot be written: ${reasonOf(error)}`
    throw new ConfigError(problem, wholeOf({ file: target, text: '' }), 'nothing was written')
  }
  print(nextSteps(target, directory))
}

const nextSteps = (
  target: string,
  directory: string,
): string => `${target} is written: an example. Next${directory === '.' ? '' : `, in ${directory}`}:

  1. put your own addresses into it
  2. choose the two secrets:   nfsha-play vault encrypt-string --name heartbeat_secret
                               nfsha-play vault encrypt-string --name drbd_secret
  3. remove its line \`nfsha_example: true\`
  4. look at it:               nfsha-play vars M1 -J
  5. read the plan, play it:   nfsha-play site.yml -J --check --diff
                               nfsha-play site.yml -J
`
