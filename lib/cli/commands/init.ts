import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { print } from '../../report/output.ts'
import { packagedFile } from '../../text/packaged.ts'
import { initRole } from '../init/role.ts'
import { writeNew } from '../init/write-new.ts'
import { accepting } from './accepting.ts'

const inventoryFile = join('inventory', 'hosts.yml')

/** `nfsha-play init [dir]` writes an inventory to fill in; `nfsha-play init role <name>` writes a role to start from. */
export const define = (command: Command): void => {
  accepting(command, [])
    .description('write an example inventory to fill in')
    .argument('[dir]', 'directory to write inventory/hosts.yml to', '.')
    .action(init)
  command
    .command('role')
    .description('write a role of your own with a passing test: docs/your-own-role.md')
    .argument('<name>', 'lower-case letters, digits and -')
    .argument('[dir]', 'directory to write roles/<name> to', '.')
    .action((name: string, directory: string) => print(initRole(name, directory)))
}

/** Never overwrites an existing file. */
const init = (directory: string): void => {
  const target = join(directory, inventoryFile)
  writeNew(target, readFileSync(packagedFile(inventoryFile), 'utf8'))
  print(nextSteps(target, directory))
}

const nextSteps = (
  target: string,
  directory: string,
): string => `wrote ${target}, an example. Next steps${directory === '.' ? '' : `, in ${directory}`}:

  1. put your own addresses into it
  2. choose the two secrets:   nfsha-play vault encrypt-string --name heartbeat_secret
                               nfsha-play vault encrypt-string --name drbd_secret
  3. remove its line \`nfsha_example: true\`
  4. look at it:               nfsha-play vars M1 -J
  5. read the plan, play it:   nfsha-play site.yml -J --check --diff
                               nfsha-play site.yml -J
`
