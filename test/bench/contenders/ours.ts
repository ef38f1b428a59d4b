import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentOf, type Tasks } from '../tasks.ts'
import { atOnce, type Contender } from './contender.ts'
import { writeInventory } from './inventory.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const bin = join(root, 'bin/nfsha-play.js')

export const ours = (): Contender => ({
  name: 'nfsha-play',
  version: `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}, Node ${process.versions.node}`,
  prepare(play) {
    writeInventory(play)
    mkdirSync(join(play.folder, 'roles/bench'), { recursive: true })
    writeFileSync(join(play.folder, 'roles/bench/role.ts'), roleOf(join(play.farm.folder, 'hosts'), play.tasks))
    writeFileSync(join(play.folder, 'bench.yml'), '- name: bench\n  hosts: all\n  roles: [bench]\n')
  },
  command: ({ folder, hosts }) => ({
    argv: [process.execPath, bin, 'bench.yml', '-i', 'hosts.yml', '-f', String(atOnce(hosts.length)), '--output', 'plain'],
    cwd: folder,
  }),
})

const roleOf = (
  hosts: string,
  { files, lines, links }: Tasks,
): string => `import { defineRole, directory, file, lineInFile, link, z } from 'nfsha-play'

export default defineRole({
  name: 'bench',
  summary: 'what is measured',
  vars: z.object({}),
  steps: ({ host }) => {
    const at = (name: string) => \`${hosts}/\${host}/\${name}\`
    return [
      directory(\`${hosts}/\${host}\`),
${Array.from({ length: files }, (_, i) => `      file(at('file-${i}'), { content: ${JSON.stringify(contentOf(i))}, mode: 0o640 }),`).join('\n')}
${Array.from({ length: lines }, (_, i) => `      lineInFile(at('lines-${i}'), 'b 2', /^b /),`).join('\n')}
${Array.from({ length: links }, (_, i) => `      link(at('link-${i}'), 'file-${i}'),`).join('\n')}
    ]
  },
})
`
