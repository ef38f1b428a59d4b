import { readdirSync, readFileSync } from 'node:fs'
import { roles } from '../../../roles/index.ts'
import { varsByRole } from '../../../roles/vars.ts'
import { loadPlaybook } from '../../config/playbook.ts'
import type { OwnRole } from '../../own-roles/load.ts'
import { packagedFile } from '../../text/packaged.ts'
import type { Documented, ResourceDoc, RoleDoc } from './doc.ts'
import { variableDocs } from './variable-docs.ts'

/** Everything that `nfsha-play doc` can show: roles, their variables and the kinds of resources, from the sources of the manuals. */
export const documented = (ownRoles: readonly OwnRole[]): Documented => {
  const playbooks = playbooksByRole()
  const manual = readFileSync(packagedFile('docs/roles.md'), 'utf8')
  const ours = roles.map(
    ({ name, summary }): RoleDoc => ({
      name,
      summary,
      playbooks: playbooks.get(name) ?? [],
      manual: sectionOf(manual, name),
      variables: variableDocs(varsByRole[name]?.fields ?? {}),
    }),
  )
  const own = ownRoles.map(
    ({ name, summary, file, fields }): RoleDoc => ({ name, summary, file, playbooks: [], manual: '', variables: variableDocs(fields) }),
  )
  return {
    roles: [...ours, ...own],
    resources: resourceDocs(readFileSync(packagedFile('docs/your-own-role.md'), 'utf8')),
    common: variableDocs(varsByRole.service?.fields ?? {}),
  }
}

const playbooksByRole = (): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  const directory = packagedFile('playbooks')
  for (const file of readdirSync(directory).sort()) {
    const { plays } = loadPlaybook(`${directory}/${file}`, { roleNames: roles.map(r => r.name) })
    for (const role of new Set(plays.flatMap(play => play.roles.map(r => r.role)))) found.set(role, [...(found.get(role) ?? []), file])
  }
  return found
}

/** Pure: the text below `## name`, up to the next heading; empty when there is none. */
export const sectionOf = (markdown: string, name: string): string => {
  const [, after] = `\n${markdown}`.split(`\n## ${name}\n`)
  return after?.split(/\n## /)[0]?.trim() ?? ''
}

/** Pure: the rows of the table below `## Resources`; one row may describe several kinds. */
export const resourceDocs = (markdown: string): ResourceDoc[] =>
  sectionOf(markdown, 'Resources')
    .split('\n')
    .flatMap(line => {
      const [, call = '', meaning = ''] = /^\| (`.+`) \| (.+) \|$/.exec(line) ?? []
      const names = [...call.matchAll(/`(?:platform\.)?(\w+)\(/g)].map(match => match[1] ?? '')
      return names.length === 0 ? [] : [{ names, call: call.replaceAll('`', ''), meaning }]
    })
