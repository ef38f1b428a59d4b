import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { centos6, centosInit, rcLocalLine } from '../../../lib/platform/centos6.ts'
import { bootUnit } from '../../../lib/platform/debian-boot.ts'
import { parseFacts } from '../../../lib/platform/facts.ts'
import { platformOf } from '../../../lib/platform/index.ts'
import { initScript } from '../../../lib/platform/sysv.ts'
import { withLine } from '../../../lib/resources/edit.ts'
import { withServers } from '../../../lib/resources/ntp.ts'
import { packageChanges } from '../../../lib/resources/package-manager.ts'
import { chkconfig, parseSysvService } from '../../../lib/resources/sysv-service.ts'
import { changesOf } from '../../../lib/resources/verdict.ts'
import { parseRpm } from '../../../lib/resources/yum.ts'
import { clusterGuard } from '../../../roles/service/checks/guard.ts'
import { contextOn } from '../../roles/contexts.ts'
import { refusalOf } from '../../roles/verdicts.ts'

test('every role that installs refuses the lean stack there, with the reason', () => {
  const [refusal, ...more] = clusterGuard(contextOn(centos6, {}, 'ha_stack=lean'))
  const inUse = 'disks, addresses and names in use'
  expect(more.map(r => r.id)).toEqual([inUse])
  if (refusal?.scope !== 'host') throw new Error('no refusal')
  expect(refusalOf(refusal.compare({ kind: 'present', state: true }, () => undefined))).toMatch(
    /^CentOS 6 runs ha_stack: article, not lean: nfs-utils 1\.2\.3 has no nfsdcld/,
  )
  expect(clusterGuard(contextOn(centos6)).map(r => r.id)).toEqual([inUse])
})

// Outputs of that era: rpm 4.8, chkconfig 1.3, yum-plugin-versionlock 1.1.30. Derived from their sources and manuals, not recorded.

const fixture = (path: string) => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')

test('CentOS 6.5 is recognised by its facts', () => {
  const facts = parseFacts(fixture('centos6/facts.txt'))
  expect(facts).toMatchObject({ os: 'centos', version: '6', init: 'sysvinit', root: true })
  expect(facts.nics.map(n => `${n.name} ${n.mac} ${n.addresses.join()}`).slice(1)).toEqual([
    'em1 b8:ca:3a:f1:00:2f 192.168.0.210/24',
    'em2 b8:ca:3a:f1:00:30 172.16.0.210/24',
    'em3 b8:ca:3a:f1:00:31 172.16.100.210/24',
  ])
  expect(platformOf(facts)).toBe(centos6)
  expect(platformOf({ os: 'centos', version: '7', init: 'systemd' })).toBeUndefined()
})

const names = ['heartbeat', 'nfs-utils']
test.each([
  [
    'none',
    'package heartbeat is not installed\npackage nfs-utils is not installed\n@locks\n',
    [
      'heartbeat not installed -> installed',
      'heartbeat version  -> held',
      'nfs-utils not installed -> installed',
      'nfs-utils version  -> held',
    ],
  ],
  [
    'one of them, not locked',
    'package heartbeat is not installed\nnfs-utils 1.2.3-54.el6\n@locks\n# Added lock on Wed Nov 12 14:45:15 2014\n1:nfs-utils-lib-1.1.5-9.el6.*\n',
    ['heartbeat not installed -> installed', 'heartbeat version  -> held', 'nfs-utils version 1.2.3-54.el6, not held -> held'],
  ],
  ['both, locked', 'heartbeat 3.0.4-2.el6\nnfs-utils 1.2.3-54.el6\n@locks\n0:heartbeat-3.0.4-2.el6.*\n1:nfs-utils-1.2.3-54.el6.*\n', []],
])('rpm: %s', (_name, stdout, wanted) => {
  expect(packageChanges(parseRpm(names, stdout), names).map(c => `${c.attribute} ${c.from} -> ${c.to}`)).toEqual(wanted)
})

test.each([
  ['on and running', 'ntpd           \t0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off\nstatus 0\n', 'enabled', 'active'],
  ['off and stopped', 'nfs            \t0:off\t1:off\t2:off\t3:off\t4:off\t5:off\t6:off\nstatus 3\n', 'disabled', 'inactive'],
  [
    'not registered yet',
    "service nfsha-drbd supports chkconfig, but is not referenced in any runlevel (run 'chkconfig --add nfsha-drbd')\nstatus 1\n",
    'disabled',
    'inactive',
  ],
])('chkconfig: %s', (_name, stdout, enabled, active) => {
  expect(parseSysvService('any', chkconfig, stdout)).toEqual({ loaded: 'loaded', enabled, active })
})

test('the boot routes are the lines that the article appends, not those that its tail output shows', () => {
  const text = fixture('article/rc.local-M1.txt')
  const appended = [...text.matchAll(/echo '([^']+)' >> \/etc\/rc\.local/g)].map(m => m[1])
  const routes = [
    { address: '172.16.0.211', nic: 'em2' },
    { address: '172.16.100.211', nic: 'em3' },
  ]
  expect(routes.map(rcLocalLine)).toEqual(appended)
  expect(text.match(/dev em1/g)).toHaveLength(2)
})

test('a route in rc.local with another NIC is corrected, not duplicated', () => {
  const line = rcLocalLine({ address: '172.16.0.211', nic: 'em2' })
  const old = '#!/bin/sh\ntouch /var/lock/subsys/local\n/sbin/route add -host 172.16.0.211 dev em1\n'
  expect(withLine(old, line, /^\/sbin\/route add -host 172\.16\.0\.211 /)).toBe(old.replace('em1', 'em2'))
})

const job = {
  name: 'nfsha-drbd',
  description: 'DRBD resource drbd of the NFS cluster',
  commands: [{ command: 'drbdadm adjust drbd' }, { command: 'drbdadm wait-connect drbd', mayFail: true }],
  undo: 'drbdadm down drbd',
}
test('one boot job on both systems', () => {
  expect(initScript(job, centosInit)).toMatch(
    /^# chkconfig: 2345 70 08$[\s\S]*drbdadm adjust drbd \|\| exit 1$[\s\S]*wait-connect drbd \|\| :$/m,
  )
  expect(bootUnit(job)).toMatch(/^ExecStart=\/usr\/sbin\/drbdadm adjust drbd\nExecStart=-\/bin\/sh -c 'drbdadm wait-connect drbd'$/m)
})
test('a shutdown undoes it with a time limit', () => {
  expect(initScript(job, centosInit)).toMatch(/^ {2}stop\)\n {4}timeout 20 drbdadm down drbd \|\| :\n {4}rm -f "\$lock" ;;$/m)
  expect(bootUnit(job)).toMatch(/^ExecStop=-\/usr\/sbin\/drbdadm down drbd$[\s\S]*^TimeoutStopSec=20$/m)
})

test('the operator configures the repositories, and their packages are signed', () => {
  expect(centos6.repositories([])).toEqual([])
  const [file] = centos6.repositories([{ name: 'base', url: 'http://archive.example/6.10/os/x86_64', key: 'file:///etc/pki/key' }])
  if (file?.scope !== 'host') throw new Error('no file')
  const changes = changesOf(file.compare({ kind: 'absent' }, () => undefined))
  expect(changes).toContainEqual(
    expect.objectContaining({
      to: `# Managed by nfsha-play.
[nfsha-base]
name=base
baseurl=http://archive.example/6.10/os/x86_64
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/key
`,
    }),
  )
})

test('ntpd’s servers are added, others stay', () => {
  const old = 'driftfile /var/lib/ntp/drift\nserver 0.centos.pool.ntp.org iburst\nserver 10.0.0.1\n'
  const wanted = 'driftfile /var/lib/ntp/drift\nserver 0.centos.pool.ntp.org iburst\nserver 10.0.0.1 iburst\nserver 10.0.0.10 iburst\n'
  expect(withServers(old, ['10.0.0.1', '10.0.0.10'])).toBe(wanted)
  expect(withServers(wanted, ['10.0.0.1', '10.0.0.10'])).toBe(wanted)
})
