import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { convergedLab } from './converged.ts'

/**
 * NFS version 3 together with version 4: its locks survive a switchover.
 */
const { lab, holder } = convergedLab('version3')
const folder = mkdtempSync(join(tmpdir(), 'nfsha-version3-'))
const nodes = ['M1', 'M2'] as const
const v3 = ['-e', 'nfs_v3=true']
const play = (...argv: string[]) => nfshaPlay(lab, argv)
const good = (run: Played, changes: 'none' | 'any' = 'any') => {
  expect(run.code, run.story).toBe(0)
  if (changes === 'none') expect(Object.values(run.recap).map(r => r.changed)).toEqual([0, 0, 0])
}
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a client that requests version 3 is refused while it is not served', async () => {
  const run = await play('client', '-e', 'client_options=vers=3')
  expect(run.code, run.story).not.toBe(0)
  expect(run.story).toMatch(/nfs_v3: true/)
})

test('one run enables it, and the second changes nothing', async () => {
  good(await play('site.yml', ...v3))
  good(await play('site.yml', ...v3), 'none')
  const node = await holder()
  expect(await on(lab, node, 'cat /proc/fs/nfsd/versions /proc/sys/fs/nfs/nlm_grace_period /proc/sys/fs/nfs/nlm_tcpport')).toMatch(
    /\+3 \+4 \+4\.1 \+4\.2\n10\n4045$/,
  )
  expect(await on(lab, node, 'rpcinfo -p | awk \'$3 == "tcp" { print $4, $5 }\' | sort -u')).toBe(
    '111 portmapper\n20048 mountd\n2049 nfs\n2049 nfs_acl\n32765 status\n4045 nlockmgr',
  )
  good(await play('status.yml', ...v3))
})

test('a lock of version 3 is reclaimed on the other node', async () => {
  await on(
    lab,
    'C1',
    'set -e; mkdir -p /mnt/v3; mount -t nfs -o vers=3 192.168.0.219:/data /mnt/v3; (exec 9> /mnt/v3/v3.lock; flock 9; exec sleep 3600) >/dev/null 2>&1 & sleep 1',
  )
  try {
    const inode = await on(lab, 'C1', 'stat -c %i /mnt/v3/v3.lock')
    const isLocked = async () => (await on(lab, await holder(), 'cat /proc/locks')).includes(`:${inode} `)
    await until('the lock is held', isLocked, 60_000)
    for (let i = 0; i < 2; i++) {
      const before = await holder()
      good(await play('switchover', ...v3))
      expect(await holder()).not.toBe(before)
      await until('the lock is held again', isLocked, 60_000)
    }
    await on(lab, await holder(), 'kill $(pidof rpc.statd)')
    const statd = async () => (await on(lab, await holder(), 'pidof rpc.statd || true')) !== ''
    await until('rpc.statd is back', statd, 60_000)
  } finally {
    await on(lab, 'C1', 'pkill -x sleep; umount -f /mnt/v3')
  }
})

test('the faults, with all mounts of version 3', async () => {
  const report = join(folder, 'v3')
  const faults = ['-e', 'failover_faults=switchover,power-loss', '-e', 'failover_runs=3', '-e', `failover_report=${report}`]
  good(await play('failover-test', ...v3, '-e', 'client_options=vers=3,noatime', ...faults))
  const { trials } = JSON.parse(readFileSync(`${report}.json`, 'utf8'))
  for (const { fault, stall, errors, lost, lockKept } of trials)
    console.log(
      `version 3, ${fault}: write ${stall.write} ms, open ${stall.open} ms, ${errors.length} errors, ${lost} lost, lock ${lockKept}`,
    )
})

test('disabling it is a change that clients notice', async () => {
  const refused = await play('site.yml')
  expect(refused.code, refused.story).toBe(3)
  expect(refused.story).toMatch(/NFS version 3: served/)
  good(await play('site.yml', '-e', 'accept_client_break=yes'))
  good(await play('site.yml'), 'none')
  for (const machine of nodes) expect(await on(lab, machine, 'pidof rpc.statd || echo none')).toBe('none')
})
