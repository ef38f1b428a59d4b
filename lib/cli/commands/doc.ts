import type { Command } from 'commander'
import { didYouMean } from '../../config/suggest.ts'
import { print } from '../../report/output.ts'
import { oneLine } from '../../text/layout.ts'
import { docOf, documentedNames, overviewLines } from '../doc/doc.ts'
import { documented } from '../doc/sources.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { allOwnRoles } from '../run/sources.ts'
import { accepting } from './accepting.ts'

/** The options of `nfsha-play doc`. */
interface DocOptions extends PlayArguments {
  playbookDir?: string
}

/** `nfsha-play doc [name]`: describes a role, a resource or a variable. */
export const define = (command: Command): void =>
  void accepting(command, ['rolesPath'])
    .description('describe a role, a resource or a variable')
    .argument('[name]', 'a role (built-in or your own), a kind of resource or a variable; default: all roles and resources')
    .option('--playbook-dir <dir>', 'directory of the playbook, to find your own roles beside it', '.')
    .action((name: string | undefined) => showDoc(name, command.optsWithGlobals()))

/** Throws `UsageError` when nothing has that name. */
const showDoc = async (name: string | undefined, options: DocOptions): Promise<void> => {
  const all = documented(await allOwnRoles(options))
  const found = name === undefined ? [overviewLines(all)] : docOf(name, all)
  if (name !== undefined && found.length === 0) {
    const hint = didYouMean(name, documentedNames(all)) ?? 'nfsha-play doc lists the roles and resources'
    throw new UsageError(`no role, resource or variable is named '${oneLine(name)}': ${hint}`)
  }
  print(`${found.map(lines => lines.join('\n')).join('\n\n')}\n`)
}
