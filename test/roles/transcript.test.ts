import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseFacts } from '../../lib/engine/facts.ts'
import { centos6 } from '../../lib/platform/centos6.ts'
import { base } from '../../roles/base/role.ts'
import { drbdBuild } from '../../roles/drbd-build/role.ts'
import { drbdInit } from '../../roles/drbd-init/role.ts'
import { heartbeat } from '../../roles/heartbeat/role.ts'
import { integrate } from '../../roles/integrate/role.ts'
import { nfs } from '../../roles/nfs/role.ts'
import type { Role } from '../../roles/role.ts'
import { routes } from '../../roles/routes/role.ts'
import { contextOn } from './contexts.ts'
import { type Issued, issuedBy } from './recorder.ts'

// What the roles would do to the article's own machines, beside what the article does. Nothing here has run on CentOS 6: docs/centos6.md.

/** Each role, the article's chapter, and its commands there, in its order. */
const chapters: [Role, string, string[]][] = [
  [base, 'II.1, II.2', ['ntpdate pool.ntp.org', '/etc/hosts: 192.168.0.210 M1.redhat.sx, 192.168.0.211 M2.redhat.sx']],
  [
    routes,
    'II.3',
    [
      '/sbin/route add -host 172.16.0.211 dev em2',
      '/sbin/route add -host 172.16.100.211 dev em3',
      'the same two lines >> /etc/rc.local',
      'route -n, traceroute',
    ],
  ],
  [heartbeat, 'III.1, III.2, III.4', ['yum install heartbeat -y', 'ha.cf, authkeys', 'chmod 600 authkeys', 'chkconfig heartbeat off']],
  [drbdBuild, 'IV.2', ['drbd-8.4.3 from its source: configure, make, make install', 'modprobe drbd']],
  [
    drbdInit,
    'IV.3 to IV.7',
    [
      'global_common.conf, drbd.res',
      'drbdadm create-md drbd',
      'drbdadm up all',
      'drbdadm -- --overwrite-data-of-peer primary drbd',
      'mkfs.ext4 /dev/drbd0',
      'mount /dev/drbd0 /data/',
    ],
  ],
  [
    nfs,
    'V.1 to V.3',
    ['yum install nfs-utils rpcbind -y', '/etc/exports', 'rpcbind start; chkconfig rpcbind off', 'nfs start; chkconfig nfs off'],
  ],
  [
    integrate,
    'VI.1, VI.2',
    ['haresources', '/etc/ha.d/resource.d/nfsd, chmod 755', 'heartbeat stop on both, then start on M1, then on M2'],
  ],
]

/** What the probes print on a machine whose packages have just come: services as that system's packages register them, and a blank disk that is in sync. */
const registered = (name: string, levels: string) => `${name} ${levels}\nstatus 3\n`
const on = '0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off'
const off = '0:off\t1:off\t2:off\t3:off\t4:off\t5:off\t6:off'
const answers: Record<string, string> = {
  'service ntpd': registered('ntpd', off),
  'service heartbeat': registered('heartbeat', on),
  'service nfs': registered('nfs', off),
  'service rpcbind': registered('rpcbind', on),
  'service nfsha-drbd':
    "service nfsha-drbd supports chkconfig, but is not referenced in any runlevel (run 'chkconfig --add nfsha-drbd')\nstatus 1\n",
  'DRBD resource drbd': 'drbdsetup new-resource drbd\n',
  'file system on /dev/drbd0': ` 0: cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate C r-----\n@super\n${'00 '.repeat(128)}\n`,
}

const indented = (text: string, by: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => (line === '' ? '' : by + line))
    .join('\n')

/** A file is shown as what it will be, not as the script that writes it. */
const shown = ({ host, script, input }: Issued): string => {
  const where = host === 'M1' ? '' : ` [${host}]`
  if (input === undefined) return indented(`$${where} ${script.trim().replaceAll('\n', '\n  ')}`, '    ')
  const path = /^p=(\S+?);/m.exec(script)?.[1]
  const [, mode] = /chmod (\d+) "\$t"/.exec(script) ?? []
  return `    ${path} ${mode}${where}\n${indented(input, '    | ')}`
}

test('on CentOS 6, in order', async () => {
  const facts = parseFacts(readFileSync(new URL('../fixtures/centos6/facts.txt', import.meta.url), 'utf8'))
  const context = contextOn(centos6, facts)
  const pages: string[] = []
  for (const [role, chapter, steps] of chapters) {
    const lines = [`== ${role.name}`, ...steps.map(step => `  article ${chapter}: ${step}`), '']
    for (const resource of role.steps(context)) {
      const issued = await issuedBy(resource, ['M1', 'M2'], 'M1', answers[resource.id])
      if (issued.length === 0 || resource.assertion) lines.push(`  ${resource.id}: ${resource.assertion ? 'judged' : 'nothing to do'}`)
      else lines.push(`  ${resource.id}`, ...issued.map(shown))
    }
    pages.push(lines.join('\n'))
  }
  const text = `${pages.join('\n\n')}\n`
  expect(text).not.toMatch(/systemctl|apt-get|dpkg|policy-rc|modules-load/)
  await expect(text).toMatchFileSnapshot('../fixtures/centos6/transcript.txt')
})
