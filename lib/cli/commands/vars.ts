import type { Command } from 'commander'
import { jsonText } from '../../config/json.ts'
import { print, printJson } from '../../report/output.ts'
import { oneLine, pad, width } from '../../text/layout.ts'
import { createMasker, maskText } from '../../text/mask.ts'
import { type HostPart, type HostVariable, hostVariables } from '../inventory/host-variables.ts'
import type { PlayArguments } from '../options.ts'
import { refuseUnknownExtraVars } from '../run/extra-names.ts'
import { allOwnRoles, readHosts } from '../run/sources.ts'
import { accepting, variableOptions } from './accepting.ts'

/** The options of `nfsha-play vars`. */
interface VarsOptions extends PlayArguments {
  json?: boolean
  playbookDir?: string
}

/** `nfsha-play vars <host>`: the variables of a host, and where each one is set. */
export const define = (command: Command): void =>
  void accepting(command, variableOptions)
    .description('all variables of nfsha-play for a host, each with its value and where it is set; secrets masked')
    .argument('<host>', 'a node or a client')
    .option('--json', 'print JSON')
    .option('--playbook-dir <dir>', 'directory of the playbook whose group_vars and host_vars are used', '.')
    .action((host: string) => showVars(host, command.optsWithGlobals()))

const showVars = async (host: string, options: VarsOptions): Promise<void> => {
  const { inventory, extraVars } = await readHosts(options)
  const ownRoles = await allOwnRoles(options)
  refuseUnknownExtraVars(extraVars, inventory, { ownRoles })
  const { parts, secrets } = hostVariables(inventory, host, extraVars, ownRoles)
  const masker = createMasker()
  for (const secret of secrets) masker.add(secret)
  if (options.json) printJson(masker.mask(jsonOf(parts)))
  else print(parts.map(part => tableOf(host, part, masker.mask)).join('\n'))
}

/** Columns. A longer value shifts the place on its own line only. */
const widest = 40

const tableOf = (host: string, { cluster, as, variables }: HostPart, mask: (text: string) => string): string => {
  const rows = variables.map(variable => [variable.name, mask(shown(variable)), variable.from] as const)
  const [names, values] = [0, 1].map(column =>
    Math.max(...rows.map(row => width(row[column as 0 | 1])).filter(columns => columns <= widest)),
  )
  const lines = rows.map(([name, value, from]) => `${pad(name, names ?? 0)}  ${pad(value, values ?? 0)}  ${from}\n`)
  return `${host}, ${as === 'alone' ? 'in no cluster' : `${as} of cluster ${cluster}`}\n${lines.join('')}`
}

const shown = ({ value, secret }: HostVariable): string => {
  if (value === undefined) return '-'
  if (secret) return maskText
  return typeof value === 'string' && value !== '' && value === oneLine(value) ? value : jsonText(value, 0)
}

const jsonOf = (parts: HostPart[]): string => {
  const printed = parts.map(({ variables, ...part }) => ({
    ...part,
    variables: Object.fromEntries(
      variables.map(({ name, value, from, secret }) => [name, { value: secret ? maskText : (value ?? null), from }]),
    ),
  }))
  return `${jsonText(printed, 2)}\n`
}
