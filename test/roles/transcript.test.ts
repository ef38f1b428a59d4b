import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { centos6 } from '../../lib/platform/centos6.ts'
import { parseFacts } from '../../lib/platform/facts.ts'
import { judgeDisk } from '../../lib/resources/blank.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { base } from '../../roles/base/role.ts'
import { drbdBuild } from '../../roles/drbd-build/role.ts'
import { drbdInit } from '../../roles/drbd-init/role.ts'
import { heartbeat } from '../../roles/heartbeat/role.ts'
import { siteRoles } from '../../roles/index.ts'
import { integrate } from '../../roles/integrate/role.ts'
import { nfs } from '../../roles/nfs/role.ts'
import type { Context, Role } from '../../roles/role.ts'
import { routes } from '../../roles/routes/role.ts'
import { contextOn } from './contexts.ts'
import { type Issued, issuedBy } from './recorder.ts'

// What the roles would do on the machines of the reference setup, next to what the article does. Nothing here has run on CentOS 6:
// docs/centos6.md.

/** A role, the article's chapter, and its steps in order: commands after a $, and files that it shows or edits. */
type Chapter = [Role, string, string[]]

const configuration: Chapter = [
  drbdInit,
  'IV.3 to IV.7',
  [
    'global_common.conf, drbd.res',
    '$ drbdadm create-md drbd',
    '$ drbdadm up all',
    '$ drbdadm -- --overwrite-data-of-peer primary drbd',
    '$ mkfs.ext4 /dev/drbd0',
    '$ mount /dev/drbd0 /data/',
  ],
]

const fromPackages: Chapter[] = [
  [base, 'II.1, II.2', ['$ ntpdate pool.ntp.org', '/etc/hosts: 192.168.0.210 M1.redhat.sx, 192.168.0.211 M2.redhat.sx']],
  [
    routes,
    'II.3',
    [
      '$ route -n',
      '$ /sbin/route add -host 172.16.0.211 dev em2',
      '$ /sbin/route add -host 172.16.100.211 dev em3',
      "$ echo '/sbin/route add -host 172.16.0.211 dev em2' >> /etc/rc.local",
      "$ echo '/sbin/route add -host 172.16.100.211 dev em3' >> /etc/rc.local",
      '$ traceroute 172.16.0.211',
      '$ traceroute 172.16.100.211',
    ],
  ],
  [
    heartbeat,
    'III.1, III.2, III.4',
    [
      '$ yum install heartbeat -y',
      '$ cp ha.cf authkeys haresources /etc/ha.d/',
      'ha.cf, authkeys',
      '$ chmod 600 authkeys',
      '$ /etc/init.d/heartbeat start',
      '$ chkconfig heartbeat off',
    ],
  ],
  [drbdBuild, 'IV.2', ['from its source: below', '$ modprobe drbd']],
  configuration,
  [
    nfs,
    'V.1 to V.3',
    [
      '$ yum install nfs-utils rpcbind -y',
      '/etc/exports',
      '$ /etc/init.d/rpcbind start;chkconfig rpcbind off',
      '$ /etc/init.d/nfs start;chkconfig nfs off',
    ],
  ],
  [
    integrate,
    'VI.1, VI.2',
    [
      'haresources, /etc/ha.d/resource.d/nfsd',
      '$ chmod 755 /etc/ha.d/resource.d/nfsd',
      '$ /etc/init.d/heartbeat stop',
      '$ /etc/init.d/heartbeat start',
      '$ ip a|grep em1',
      '$ cat /proc/drbd',
    ],
  ],
]

/** The address alone: what heartbeat manages before DRBD exists. */
const addressAlone: Chapter[] = [
  [integrate, 'III.2, III.4, III.5', ['haresources', '$ /etc/init.d/heartbeat start', '$ ip a|grep em1', '$ /etc/init.d/heartbeat stop']],
]

const fromSource: Chapter[] = [
  [
    drbdBuild,
    'IV.2',
    [
      '$ yum -y install gcc gcc-c++ kernel-devel kernel-headers flex make',
      '$ wget http://oss.linbit.com/drbd/8.4/drbd-8.4.3.tar.gz',
      '$ tar zxf drbd-8.4.3.tar.gz',
      '$ ./configure --prefix=/usr/local/drbd --with-km --with-heartbeat',
      '$ make KDIR=/usr/src/kernels/2.6.32-504.el6.x86_64/',
      '$ make install',
      '$ mkdir -p /usr/local/drbd/var/run/drbd',
      '$ cp /usr/local/drbd/etc/rc.d/init.d/drbd /etc/init.d/',
      '$ chmod +x /etc/init.d/drbd',
      '$ modprobe drbd',
    ],
  ],
  configuration,
]

/**
 * What the probes print on a machine with freshly installed packages: services as that system's packages register them, and a blank disk
 * that is in sync.
 */
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
  'DRBD metadata drbd': '@node\n::\n@disk\ndevice /dev/sdb\nsize 335544320\nread all\nblank\n',
  'DRBD resource drbd': 'drbdsetup new-resource drbd\n',
  'file system on /dev/drbd0': ` 0: cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate C r-----\n@super\n${'00 '.repeat(128)}\n`,
  'reload exports': 'nfsd\n',
  // For a handler: its file changed after the daemon started.
  'restart heartbeat': 'now 1000.5 500.50\nticks 40000\nfile 2000 /etc/ha.d/ha.cf\n',
}

const indented = (text: string, by: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => (line === '' ? '' : by + line))
    .join('\n')

/** The service probe of a hand-over on both nodes: it is the longest, and changes nothing. */
const isReading = (script: string): boolean => script.includes('echo "@lock"')

/** A file is shown as its content, not as the script that writes it. */
const shown = ({ host, script, input }: Issued): string => {
  const where = host === 'M1' ? '' : ` [${host}]`
  if (isReading(script)) return `    (reads what the node does for the cluster)${where}`
  const short = script.replace(judgeDisk, 'judge_disk() { perl lib/resources/files/judge-disk.pl "$@"; }')
  if (input === undefined) return indented(`$${where} ${short.trim().replaceAll('\n', '\n  ')}`, '    ')
  const path = /^p=(\S+?);/m.exec(script)?.[1]
  const [, mode] = /chmod (\d+) "\$t"/.exec(script) ?? []
  return `    ${path} ${mode}${where}\n${indented(input, '    | ')}`
}

const linesOf = async (resource: Resource, title: string): Promise<string[]> => {
  const issued = await issuedBy(resource, ['M1', 'M2'], 'M1', answers[resource.id])
  if (issued.length === 0 || resource.assertion) return [`  ${title}: ${resource.assertion ? 'judged' : 'nothing to do'}`]
  return [`  ${title}`, ...issued.map(shown)]
}

const pageOf = async ([role, chapter, steps]: Chapter, context: Context): Promise<string> => {
  const lines = [`== ${role.name}`, ...steps.map(step => `  article ${chapter}: ${step}`), '']
  for (const resource of role.steps(context)) lines.push(...(await linesOf(resource, resource.id)))
  for (const resource of role.handlers?.(context) ?? []) lines.push(...(await linesOf(resource, `when its file changed: ${resource.id}`)))
  return lines.join('\n')
}

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8')
const facts = parseFacts(fixture('centos6/facts.txt'))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-transcript-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** An archive with the article's file name; nothing unpacks it. */
const archiveVariables = (): string => {
  const [source, text] = [join(folder, 'drbd-8.4.3.tar.gz'), 'an archive\n']
  writeFileSync(source, text)
  const sha256 = createHash('sha256').update(text).digest('hex')
  return JSON.stringify({ drbd_build_method: 'source', drbd_build_archives: [{ kind: 'combined', source, sha256 }] })
}

test('on CentOS 6, in order', async () => {
  const parts: [string, Context, Chapter[]][] = [
    ['DRBD from packages', contextOn(centos6, facts), fromPackages],
    ['DRBD from its source', contextOn(centos6, facts, archiveVariables()), fromSource],
    ['the address alone (ha_stage: vip)', contextOn(centos6, facts, 'ha_stage=vip'), addressAlone],
  ]
  const pages: string[] = []
  for (const [title, context, chapters] of parts) {
    pages.push(`# ${title}`)
    for (const chapter of chapters) pages.push(await pageOf(chapter, context))
  }
  const text = `${pages.join('\n\n')}\n`
  expect(text).not.toMatch(/systemctl|apt-get|dpkg|policy-rc|modules-load/)
  await expect(text).toMatchFileSnapshot('../fixtures/centos6/transcript.txt')
})

test('every role of a node has a chapter: give it the steps of the article, or none', () => {
  const ofNode = siteRoles.filter(role => role.name !== 'client')
  expect(fromPackages.map(([role]) => role.name)).toEqual(ofNode.map(role => role.name))
})

/** Every command of the article with its prompt, in order; output and the author's notes are left out, and white space is folded. */
const commands = fixture('article/commands.txt')
  .trimEnd()
  .split('\n')
  .map(line => line.replace(/^\[root@\S+ \S+\] ?# /, ''))

test.each([...fromPackages, ...fromSource, ...addressAlone].map(([role, chapter, steps]) => ({ role: role.name, chapter, steps })))(
  'the commands of $chapter, compared with $role, are in the article in this order',
  ({ steps }) => {
    let from = 0
    for (const command of steps.filter(step => step.startsWith('$ ')).map(step => step.slice(2))) {
      const found = commands.indexOf(command, from)
      expect(found, command).toBeGreaterThanOrEqual(from)
      from = found + 1
    }
  },
)
