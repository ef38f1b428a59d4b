import { wrap } from '../../text/layout.ts'
import type { VariableDoc } from './variable-docs.ts'

/** A role, ours or the user's own, as `nfsha-play doc` knows it. */
export interface RoleDoc {
  name: string
  summary: string
  /** Where one of the user's own lies. */
  file?: string
  /** The playbooks that name it. */
  playbooks: readonly string[]
  /** What docs/roles.md says of it; empty where it says nothing. */
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
  /** Variables that belong to no single role: of the pair as a whole. */
  common: readonly VariableDoc[]
}

const columns = 100

/** Pure: all that has this name; empty when nothing has. */
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

/** Pure: what there is, by kind. */
export const overviewLines = ({ roles, resources }: Documented): string[] => {
  const longest = Math.max(...roles.map(({ name }) => name.length))
  return [
    'roles:',
    ...roles.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`),
    '',
    'resources of a role of your own:',
    ...wrap(resources.flatMap(({ names }) => names).join(', '), columns - 2).map(line => `  ${line}`),
    '',
    'one of them, or a variable: nfsha-play doc <name>; the variables of a host and their values: nfsha-play vars <host>',
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
