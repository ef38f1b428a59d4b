import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Play } from './contender.ts'

/** One inventory for this tool and for Ansible. */
export const writeInventory = ({ folder, farm, hosts }: Play): void => {
  const lines = hosts.map(({ name, address, port }) => `    ${name}: {ansible_host: ${address}, ansible_port: ${port}}`)
  const vars = {
    ansible_user: 'root',
    ansible_ssh_private_key_file: farm.sshd.identity,
    ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${farm.knownHosts} -o ConnectTimeout=10`,
    ansible_python_interpreter: '/usr/bin/python3',
  }
  const words = Object.entries(vars).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`)
  writeFileSync(join(folder, 'hosts.yml'), ['all:', '  vars:', ...words, '  hosts:', ...lines, ''].join('\n'))
}
