import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atOnce, type Entrant } from './contender.ts'
import { firstLineOf } from './program.ts'

/** The lower bound: one `ssh host true` to each host, in parallel. It changes nothing. */
export const bareSsh = (): Entrant => {
  const version = firstLineOf('ssh', '-V')
  if (version === undefined) return { name: 'ssh true', missing: 'no ssh (Debian: openssh-client)' }
  return {
    name: 'ssh true',
    version: version.split(',')[0] ?? version,
    makesNothing: true,
    prepare({ folder, farm, hosts }) {
      const options = `-F none -o BatchMode=yes -o ConnectTimeout=10 -o UserKnownHostsFile=${farm.knownHosts} -i ${farm.sshd.identity}`
      writeFileSync(join(folder, 'ssh.txt'), hosts.map(h => `${options} -p ${h.port} root@${h.address} true\n`).join(''))
    },
    command: ({ folder, hosts }) => ({
      argv: ['xargs', '-a', 'ssh.txt', '-P', String(atOnce(hosts.length)), '-L', '1', 'ssh'],
      cwd: folder,
    }),
  }
}
