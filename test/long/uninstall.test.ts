import { expect, test } from 'vitest'
import type { Event } from '../../lib/engine/events.ts'
import type { Table } from '../../lib/resources/resource.ts'
import { killedAt } from '../lab/killed.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { convergedLab, type Node, other } from './converged.ts'

/** A pair is removed, built again around its data, and removed with its disks wiped. The tests build on each other. */
const { lab, good, serves, holder, whole } = convergedLab('uninstall')
const nodes: Node[] = ['M1', 'M2']
const confirmed = ['uninstall', '-e', 'uninstall_confirm=192.168.0.219']
const adopt = (events: Event[]) =>
  (events as (Event & Partial<Table>)[])
    .flatMap(e => (e.type === 'table' ? (/drbd_adopt=(\S+)/.exec(e.title ?? '')?.[1] ?? []) : []))
    .at(-1) ?? ''
const trace = (node: Node) =>
  on(
    lab,
    node,
    `find / -xdev \\( -path /var/backups -o -path /proc -o -path /tmp \\) -prune -o -name '*nfsha*' -print; ls /var/lib/nfsha-play /etc/ha.d/ha.cf /etc/ha.d/authkeys /etc/ha.d/haresources /etc/drbd.d/*.res /usr/sbin/policy-rc.d 2>/dev/null
apt-mark showhold; find /etc/systemd/system -lname /dev/null \\( -name 'nfs*' -o -name 'rpc*' \\); grep -E ' (/run/nfsha|/data)' /proc/mounts; cat /proc/[0-9]*/comm | grep -E '^(nfsha|heartbeat|rpc.mountd)'
grep -l nfsha /etc/hosts /etc/exports /etc/ha.d/shellfuncs; grep ' cs:' /proc/drbd; true`,
  )
let hosts: string[] = []

test('a check shows the plan; without a confirmation, or with clients, nothing is started', async () => {
  hosts = await Promise.all(nodes.map(node => on(lab, node, 'cat /etc/hosts')))
  const check = await nfshaPlay(lab, ['uninstall', '--check'])
  expect(check.code, check.story).toBe(0)
  const said = JSON.stringify(check.events)
  for (const what of ['/usr/sbin/policy-rc.d on M1', '/etc/ha.d/haresources on M2', 'package heartbeat on M1', 'nfs-server.service on M2'])
    expect(said).toContain(what)
  expect(adopt(check.events)).toMatch(/^M1:\/dev\/vdb:[0-9A-F]{16},M2:\/dev\/vdb:[0-9A-F]{16}$/)
  const unconfirmed = await nfshaPlay(lab, ['uninstall'])
  expect(unconfirmed.code, unconfirmed.story).toBe(3)
  expect(JSON.stringify(unconfirmed.events)).toMatch(/removes the pair: a run needs -e uninstall_confirm=192\.168\.0\.219/)
  await on(lab, 'C1', 'mkdir -p /mnt/uninstall; mount -t nfs4 192.168.0.219:/data /mnt/uninstall; echo kept > /mnt/uninstall/kept; sync')
  const mounted = await nfshaPlay(lab, confirmed)
  expect(mounted.code, mounted.story).toBe(3)
  expect(JSON.stringify(mounted.events)).toMatch(/makes the share unavailable to them/)
  await whole()
  await on(lab, 'C1', 'umount -a -t nfs4')
})

test('the standby is first; after an interruption the other node serves, and the same command continues', async () => {
  const active = await holder()
  const step = `remove it from ${other(active)}`
  await killedAt(lab, confirmed, step, e => JSON.stringify(e).includes(step))
  expect(await serves(active)).toBe(true)
  const run = await nfshaPlay(lab, confirmed)
  expect(run.code, run.story).toBe(0)
  for (const node of nodes) expect(await trace(node)).toBe('')
  expect(await Promise.all(nodes.map(node => on(lab, node, 'ls -l /var/backups/nfsha-play-*.tar.gz')))).toEqual(
    nodes.map(() => expect.stringMatching(/^-rw-------/)),
  )
  expect(await on(lab, active, 'mount -t ext4 -o ro /dev/vdb /mnt && cat /mnt/kept; umount /mnt')).toBe('kept')
  const again = await good(...confirmed)
  expect(Object.values(again.recap).map(r => r.changed)).toEqual([0, 0])
  const drift = await nfshaPlay(lab, ['drift', 'site.yml'])
  expect([3, 5], drift.story).toContain(drift.code)

  const rebuilt = await nfshaPlay(lab, ['site.yml', '-e', `drbd_adopt=${adopt(again.events)}`])
  expect(rebuilt.code, rebuilt.story).toBe(0)
  await whole()
  expect(await on(lab, await holder(), 'cat /data/kept')).toBe('kept')
  expect(await Promise.all(nodes.map(node => on(lab, node, 'cat /etc/hosts')))).toEqual(hosts)
})

test('with a confirmation for both disks they are blank afterwards; packages that nothing else uses are removed if requested', async () => {
  const check = await nfshaPlay(lab, ['uninstall', '--check', '-e', 'drbd_wipe=M1:/dev/vdb:AAAAAAAAAAAAAAAA'])
  expect(check.code, check.story).toBe(3)
  expect(check.story).toMatch(/drbd_wipe: \/dev\/vdb of M1 holds metadata with the UUID/)
  const seen = await nfshaPlay(lab, ['uninstall', '--check'])
  await on(lab, 'C1', 'umount -a -t nfs4')
  await until('no client is left', async () => (await nfshaPlay(lab, [...confirmed, '--check'])).code === 0, 300_000)
  const run = await nfshaPlay(lab, [...confirmed, '-e', `drbd_wipe=${adopt(seen.events)}`, '-e', 'uninstall_packages=yes'])
  expect(run.code, run.story).toBe(0)
  for (const node of nodes) {
    expect(await trace(node)).toBe('')
    expect(await on(lab, node, 'cmp -n $(blockdev --getsize64 /dev/vdb) /dev/vdb /dev/zero && echo blank', 600_000)).toBe('blank')
    expect(await on(lab, node, 'dpkg -l heartbeat drbd-utils nfs-kernel-server | grep ^ii || true')).toBe('')
  }
  await good('site.yml')
  await whole()
})
