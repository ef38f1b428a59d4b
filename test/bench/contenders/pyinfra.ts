import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentOf } from '../tasks.ts'
import type { Entrant, Play } from './contender.ts'
import { firstLineOf } from './program.ts'

export const pyinfra = (): Entrant => {
  const version = firstLineOf('pyinfra', '--version')
  if (version === undefined) return { name: 'pyinfra', missing: 'no pyinfra (PyPI: pyinfra)' }
  return {
    name: 'pyinfra',
    version: version.replace(/^pyinfra: v?/, ''),
    prepare(play) {
      writeFileSync(join(play.folder, 'inventory.py'), inventoryOf(play))
      writeFileSync(join(play.folder, 'deploy.py'), deployOf(play))
    },
    command: ({ folder, hosts }) => ({
      argv: ['pyinfra', 'inventory.py', 'deploy.py', '-y', '--parallel', String(hosts.length)],
      cwd: folder,
    }),
  }
}

// JSON's strings and numbers are Python's too.
const inventoryOf = ({ farm, hosts }: Play): string =>
  `hosts = [\n${hosts
    .map(({ name, address, port }) => {
      const data = {
        ssh_hostname: address,
        ssh_port: port,
        ssh_user: 'root',
        ssh_key: farm.sshd.identity,
        ssh_known_hosts_file: farm.knownHosts,
      }
      return `  (${JSON.stringify(name)}, ${JSON.stringify(data)}),\n`
    })
    .join('')}]\n`

const deployOf = ({ farm, tasks: { files, lines, links } }: Play): string => `from io import StringIO
from pyinfra import host
from pyinfra.operations import files

at = ${JSON.stringify(`${join(farm.folder, 'hosts')}/`)} + host.name
files.directory(path=at, mode="755")
${Array.from({ length: files }, (_, i) => `files.put(src=StringIO(${JSON.stringify(contentOf(i))}), dest=at + "/file-${i}", mode="640")`).join('\n')}
${Array.from({ length: lines }, (_, i) => `files.line(path=at + "/lines-${i}", line="^b .*", replace="b 2")`).join('\n')}
${Array.from({ length: links }, (_, i) => `files.link(path=at + "/link-${i}", target="file-${i}")`).join('\n')}
`
