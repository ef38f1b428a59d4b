import { wrap } from '../../text/layout.ts'
import type { VariableDoc } from './variable-docs.ts'

/** A role, built-in or the user's own, as `nfsha-play doc` shows it. */
export interface RoleDoc {
  name: string
  summary: string
  /** The file of a user's own role. */
  file?: string
  /** The playbooks that play it. */
  playbooks: readonly string[]
  /** Its section of docs/roles.md; empty when there is none. */
  manual: string
  variables: readonly VariableDoc[]
}

/** A kind of resource, as a row of docs/your-own-role.md. */
export interface ResourceDoc {
  names: readonly string[]
  call: string
  meaning: string
}

export interface Documented {
  roles: readonly RoleDoc[]
  resources: readonly ResourceDoc[]
  /** Variables of the pair as a whole, which belong to no single role. */
  common: readonly VariableDoc[]
}

const columns = 100

/** Pure: everything with this name; empty when there is nothing. */
export const docOf = (word: string, { roles, resources, common }: Documented): string[][] => [
  ...roles.filter(role => role.name === word).map(roleLines),
  ...[...roles, { name: '', variables: common }].flatMap(({ name, variables }) =>
    variables.filter(variable => variable.name === word).map(variable => variableLines(variable, name)),
  ),
  ...resources.filter(({ names }) => names.includes(word)).map(({ call, meaning }) => [call, ...indented(meaning)]),
]

/** Pure: every name that `docOf` knows. */
export const documentedNames = ({ roles, resources, common }: Documented): string[] => [
  ...roles.flatMap(({ name, variables }) => [name, ...variables.map(v => v.name)]),
  ...common.map(v => v.name),
  ...resources.flatMap(({ names }) => names),
]

/** Pure: all roles and resources, by kind. */
export const overviewLines = ({ roles, resources }: Documented): string[] => {
  const longest = Math.max(...roles.map(({ name }) => name.length))
  return [
    'roles:',
    ...roles.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`),
    '',
    'resources for your own roles:',
    ...wrap(resources.flatMap(({ names }) => names).join(', '), columns - 2).map(line => `  ${line}`),
    '',
    'details of one, or of a variable: nfsha-play doc <name>; the values of a host: nfsha-play vars <host>',
  ]
}

const roleLines = ({ name, summary, file, playbooks, manual, variables }: RoleDoc): string[] => [
  `role ${name}: ${summary}`,
  ...(file === undefined ? [] : [`  file: ${file}`]),
  ...(playbooks.length === 0 ? [] : [`  played by: ${playbooks.join(', ')}`]),
  ...(manual === '' ? [] : ['', ...manual.split('\n').map(line => (line === '' ? '' : `  ${line}`))]),
  ...(variables.length === 0 ? [] : ['', '  variables:', ...variables.flatMap(v => variableLines(v).map(line => `    ${line}`))]),
]

const variableLines = ({ name, default: value, isSecret, meaning }: VariableDoc, role?: string): string[] => {
  const plain = value.replaceAll(/[`*]/g, '')
  const notes = [plain === 'required' ? plain : `default: ${plain}`, ...(isSecret ? ['secret'] : []), ...(role ? [`role ${role}`] : [])]
  return [`${name} (${notes.join(', ')})`, ...indented(meaning)]
}

const indented = (text: string): string[] => wrap(text.replaceAll('`', ''), columns - 2).map(line => `  ${line}`)
