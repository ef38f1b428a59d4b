import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { fingerprint } from '../lab/prediction.ts'
import { chosenReleases } from '../lab/releases.ts'
import { nfsha, nfshaPlay, on, until } from '../lab/run.ts'

/**
 * A pair that was built by hand, as in the article, with a client that has the share mounted: the first check only reads and
 * marks what the client would notice; a run stops there, and with a confirmation it takes over the pair with all its data.
 */
const lab = `by-hand-${process.pid}`
const nodes = ['M1', 'M2'] as const
const play = (...argv: string[]) => nfshaPlay(lab, argv)

const files: Record<string, string> = {
  '/etc/ha.d/ha.cf': `logfacility local0
keepalive 1
warntime 4
deadtime 8
initdead 20
udpport 694
mcast em2 225.0.0.192 694 1 0
auto_failback off
node M1.redhat.sx
node M2.redhat.sx
`,
  '/etc/ha.d/authkeys': 'auth 1\n1 sha1 made-by-hand\n',
  '/etc/ha.d/haresources': 'M1.redhat.sx IPaddr::192.168.0.219/24/em1 drbddisk::drbd Filesystem::/dev/drbd0::/data::ext4 nfsd\n',
  '/etc/ha.d/resource.d/nfsd': `#!/bin/sh
case $1 in
  start) systemctl start nfs-server; exportfs -ra ;;
  stop) systemctl stop nfs-server ;;
  status) systemctl is-active -q nfs-server && echo running || echo stopped ;;
esac
exit 0
`,
  '/etc/drbd.d/drbd.res': `resource drbd {
  protocol C;
  device /dev/drbd0;
  disk /dev/vdb;
  meta-disk internal;
  on M1.redhat.sx { address 172.16.100.210:7789; }
  on M2.redhat.sx { address 172.16.100.211:7789; }
}
`,
  '/etc/exports': '/data 192.168.0.0/24(rw,sync,no_root_squash,no_subtree_check)\n/srv/other 192.168.0.77(ro)\n',
}

const byHand = async (machine: (typeof nodes)[number]) => {
  await on(
    lab,
    machine,
    `set -e; export DEBIAN_FRONTEND=noninteractive
apt-get update -q; apt-get install -y -q --no-install-recommends heartbeat resource-agents drbd-utils nfs-kernel-server psmisc net-tools iputils-arping
systemctl disable --now nfs-server heartbeat; hostnamectl set-hostname ${machine}.redhat.sx || { echo ${machine}.redhat.sx > /etc/hostname; hostname ${machine}.redhat.sx; }
printf '192.168.0.210 M1.redhat.sx\\n192.168.0.211 M2.redhat.sx\\n' >> /etc/hosts; mkdir -p /data /srv/other`,
    1_800_000,
  )
  for (const [path, content] of Object.entries(files)) await on(lab, machine, `cat > ${path} <<'END'\n${content}END`)
  await on(
    lab,
    machine,
    'chmod 600 /etc/ha.d/authkeys; chmod 755 /etc/ha.d/resource.d/nfsd; modprobe drbd; drbdadm create-md --force drbd; drbdadm up drbd',
    300_000,
  )
}

beforeAll(async () => {
  await labUp({ name: lab, ephemeral: true, ...chosenReleases })
  await Promise.all(nodes.map(byHand))
  await on(
    lab,
    'M1',
    'drbdadm primary --force drbd; mkfs.ext4 -q /dev/drbd0; mount /dev/drbd0 /data; echo precious > /data/before; umount /data',
    300_000,
  )
  await until('DRBD is whole', async () => /UpToDate\/UpToDate/.test(await on(lab, 'M1', 'cat /proc/drbd')), 600_000)
  await on(lab, 'M1', 'drbdadm secondary drbd')
  for (const machine of nodes) await on(lab, machine, 'systemctl start heartbeat')
  await until('M1 serves', async () => /\/data/.test(await on(lab, 'M1', 'cat /proc/mounts; exportfs')), 240_000)
  await on(lab, 'C1', 'apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nfs-common', 900_000)
  await on(lab, 'C1', 'mkdir -p /data; mount -t nfs 192.168.0.219:/data /data; cat /data/before')
})
afterAll(() => labDown({ name: lab, destroy: true }))

const marks = [/fsid of \/data: none -> 1/, /server scope: M1\.redhat\.sx -> nfsha-drbd/, /NFS version 3: served -> not served/]

test('the first check is a read-only diff that marks everything that would disturb mounted clients', async () => {
  const before = await Promise.all(nodes.map(m => fingerprint(lab, m)))
  const { code, stdout, stderr } = await nfsha(lab, ['site.yml', '--check', '--diff', '--output', 'plain'])
  expect(code, stdout + stderr).toBe(0)
  expect(await Promise.all(nodes.map(m => fingerprint(lab, m)))).toEqual(before)
  expect(stdout).toMatch(
    /compatibility with mounted clients: would change \(disturbs mounted clients: a run needs -e accept_client_break=yes\)/,
  )
  for (const mark of marks) expect(stdout).toMatch(mark)
  expect(stdout).not.toMatch(/made-by-hand/)
})

test('a run stops before the first such change, and the client continues', async () => {
  const run = await play('site.yml')
  expect(run.code, run.story).toBe(3)
  expect(run.story).toMatch(/compatibility with mounted clients: failed fsid of \/data: none, wanted 1/)
  expect(await on(lab, 'C1', 'cat /data/before; echo still > /data/still; cat /data/still')).toBe('precious\nstill')
  expect(await on(lab, 'M1', 'cat /etc/exports /etc/ha.d/haresources')).toBe(
    `${files['/etc/exports']}${files['/etc/ha.d/haresources']}`.trim(),
  )
})

test('with a confirmation the pair is taken over, with its data and with unrelated lines kept', async () => {
  const accept = ['-e', 'accept_client_break=yes']
  const run = await play('site.yml', ...accept)
  expect(run.code, run.story).toBe(0)
  const again = await play('site.yml')
  expect(again.code, again.story).toBe(0)
  expect(
    Object.values(again.recap).map(r => r.changed),
    again.story,
  ).toEqual([0, 0, 0])
  expect(await on(lab, 'M1', 'cat /etc/exports')).toBe('/srv/other 192.168.0.77(ro)')
  await on(lab, 'C1', 'umount -f -l /data; mount -t nfs 192.168.0.219:/data /data')
  expect(await on(lab, 'C1', 'cat /data/before /data/still')).toBe('precious\nstill')
  const status = await play('status.yml')
  expect(status.code, status.story).toBe(0)
})
