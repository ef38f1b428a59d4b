import { describe, expect, test } from 'vitest'
import { clientBreaks, parseOffer } from '../../../../roles/service/checks/mounted-clients.ts'
import type { Vars } from '../../../../roles/vars.ts'
import { articleCluster } from '../../article-cluster.ts'

const varsOf = (...extra: string[]): Vars =>
  articleCluster('ha_stack=lean nfs_export_options=rw,sync,no_root_squash,no_subtree_check', ...extra).nodes[0]?.vars as Vars
const ours = '/etc/exports.d/nfsha.exports'
const breaks = (answers: string[], vars: Vars) =>
  clientBreaks(answers.map(parseOffer), vars, ours).map(c => `${c.attribute}: ${c.from} -> ${c.to}`)

/** An active node of the reference setup, built by hand. */
const byHand = `@nfsd
8
@versions
+3 +4 +4.1 +4.2
@etab
/data\t192.168.0.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,no_root_squash,no_all_squash,no_subtree_check,sec=sys)
@files
== /etc/exports
/data 192.168.0.0/24(rw,sync,no_root_squash,no_subtree_check)

@resources
M1.redhat.sx IPaddr::192.168.0.219/24/em1 drbddisk::drbd Filesystem::/dev/drbd0::/data::ext4 nfsd
@settings
@addresses
3: em1    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1
3: em1    inet 192.168.0.219/24 scope global secondary em1
@host
M1.redhat.sx
`
/** The same node after a run of this tool. */
const serves = `@nfsd
8
@versions
-3 +4 +4.1 +4.2
@etab
/data\t192.168.0.0/24(rw,sync,wdelay,no_root_squash,no_subtree_check,fsid=1)
@files
== /etc/exports
== /etc/exports.d/nfsha.exports
# Managed by nfsha-play.
/data 192.168.0.0/24(rw,sync,no_root_squash,no_subtree_check,fsid=1)
@resources
M1.redhat.sx nfsha
@settings
NFSHA_VIP=192.168.0.219
NFSHA_SCOPE=nfsha-drbd
@addresses
3: em1    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1
3: em1    inet 192.168.0.219/24 scope global secondary em1
@host
M1.redhat.sx
`
const standby = serves
  .replace('@nfsd\n8', '@nfsd\n0')
  .replace(/@etab\n.*\n/, '@etab\n')
  .replace(/.*192\.168\.0\.219\/24.*\n/, '')

describe('changes that would break mounted clients', () => {
  test('a pair built by hand, as in the article', () => {
    expect(breaks([byHand, standby.replace(/@resources[\s\S]*@addresses/, '@resources\n@settings\n@addresses')], varsOf())).toEqual([
      'fsid of /data: none -> 1',
      'server scope: M1.redhat.sx -> nfsha-drbd',
      'NFS version 3: served -> not served',
    ])
  })

  test('version 3: switching it off breaks clients, continuing to serve it does not', () => {
    const withVersion3 = serves.replace('-3 +4', '+3 +4')
    expect(breaks([withVersion3, standby], varsOf())).toEqual(['NFS version 3: served -> not served'])
    expect(breaks([withVersion3, standby], varsOf('nfs_v3=true'))).toEqual([])
    expect(breaks([serves, standby], varsOf('nfs_v3=true'))).toEqual([])
  })

  test('a converged pair, and bare machines: nothing', () => {
    expect(breaks([serves, standby], varsOf())).toEqual([])
    expect(breaks(['@nfsd\n0\n@files\n@host\nM1\n', '@nfsd\n0\n@files\n@host\nM2\n'], varsOf())).toEqual([])
  })

  test.each([
    ['nfs_fsid=7', 'fsid of /data: 1 -> 7'],
    ['nfs_export_options=rw,sync,root_squash', 'squash of /data: no_root_squash no_all_squash -> root_squash no_all_squash'],
    ['nfs_export_options=ro,no_root_squash', 'access of /data: rw -> ro'],
    ['nfs_export_path=/share', 'export of /data to 192.168.0.0/24: there -> gone'],
    ['nfs_export_network=10.0.0.0/8', 'export of /data to 192.168.0.0/24: there -> gone'],
    ['ha_vip=192.168.0.220/24', 'virtual IP: 192.168.0.219 -> 192.168.0.220'],
    ['drbd_resource=r0', 'server scope: nfsha-drbd -> nfsha-r0'],
  ])('%s', (change, text) => {
    expect(breaks([serves, standby], varsOf(change))).toEqual([text])
    // With heartbeat stopped on both nodes the files still show what the clients wait for.
    expect(breaks([standby, standby], varsOf(change))).toEqual([text])
  })

  test.each([
    ['async', 'nfs_export_options=rw,async,no_root_squash,no_subtree_check'],
    ['more threads', 'nfs_threads=16'],
    ['another lease', 'nfs_lease=20'],
  ])('%s affects no client', (_, change) => {
    expect(breaks([serves, standby], varsOf(change))).toEqual([])
  })

  test('reverting an edit that was never activated affects no client', () => {
    const extra = serves.replace('@resources', '/srv *(ro)\n@resources')
    expect(breaks([extra, standby.replace('fsid=1', 'fsid=3').replace('NFSHA_VIP=192.168.0.219', 'NFSHA_VIP=10.0.0.1')], varsOf())).toEqual(
      [],
    )
  })

  test('other lines in /etc/exports stay and break nothing', () => {
    const beside = serves.replace('== /etc/exports\n', '== /etc/exports\n/srv *(ro)\n').replace('@etab\n', '@etab\n/srv\t*(ro)\n')
    expect(breaks([beside, standby], varsOf())).toEqual([])
  })
})
