import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab, type Node, onVolumes, other } from './converged.ts'

/**
 * The scripts of docs/backup.md, read from that page, and a snapshot of the victim of a split brain, on a pair whose disks are logical volumes.
 */
const { lab, good, holder, whole } = convergedLab('backup', onVolumes('130M'))
const page = readFileSync(fileURLToPath(new URL('../../docs/backup.md', import.meta.url)), 'utf8')
/** A script of the page, with the operator's command replaced. */
const scriptWith = (index: number, line: RegExp, command: string): string => {
  const script = page.split('```sh\n')[index + 1]?.split('```')[0] ?? ''
  expect(script).toMatch(line)
  return script.replace(line, command).replace('-L 10G', '-L 64M')
}
const run = (node: Node, script: string) =>
  on(lab, node, `cat > /root/backup.sh <<'NFSHA_BACKUP'\n${script}NFSHA_BACKUP\nsh /root/backup.sh`, 300_000)
const unharmed = { errors: [], lost: 0, torn: 0, lockKept: true }

test('a snapshot on the standby while clients work', async () => {
  const active = await holder()
  const script = scriptWith(0, /^restic .*$/m, 'rm -rf /var/backups/nfs; cp -a /mnt/nfs-backup /var/backups/nfs')
  await on(lab, active, 'echo kept > /data/kept; sync -f /data')
  await expect(run(active, script)).rejects.toThrow(/ended with 1/)
  const { errors, lost, torn, lockKept, stall } = await underWork(
    lab,
    'backup',
    async () => void (await run(other(active), script)),
    holder,
  )
  console.log('snapshot on the standby:', stall)
  expect({ errors, lost, torn, lockKept }).toEqual(unharmed)
  expect(
    await on(lab, other(active), 'cat /var/backups/nfs/kept; lvs --noheadings -o lv_name vg; grep nfs-backup /proc/mounts || true'),
  ).toMatch(/^kept\n\s*nfs$/)
  await on(lab, other(active), 'rm -r /var/backups/nfs')
  await whole()
})

test('a freeze on the active node always ends', async () => {
  const active = await holder()
  const snapshot = /^take-the-snapshot\S* .*$/m
  const isThawed = () => on(lab, active, 'timeout 5 touch /data/thawed && rm /data/thawed && echo yes', 30_000)
  const { errors, lost, torn, lockKept, stall } = await underWork(
    lab,
    'freeze',
    async () => void (await run(active, scriptWith(1, snapshot, 'sleep 5'))),
    holder,
  )
  console.log('freeze of the active node:', stall)
  expect({ errors, lost, torn, lockKept }).toEqual(unharmed)
  expect(stall.write).toBeGreaterThan(4000)
  expect(await isThawed()).toBe('yes')
  // Do not wait for the thaw that the previous script has started.
  await on(lab, active, 'while pgrep -f "[f]sfreeze -u /data" >/dev/null; do sleep 1; done', 60_000)
  await expect(run(active, scriptWith(1, snapshot, 'false'))).rejects.toThrow(/ended with 1/)
  expect(await isThawed()).toBe('yes')
  await on(lab, active, 'while pgrep -f "[f]sfreeze -u /data" >/dev/null; do sleep 1; done', 60_000)
  await expect(run(active, scriptWith(1, snapshot, 'kill -9 $$'))).rejects.toThrow()
  await until('it is thawed', async () => (await isThawed()) === 'yes', 40_000)
  await whole()
})

test('the victim’s data of a split brain is kept as a snapshot of its volume', async () => {
  const winner = await holder()
  const loser = other(winner)
  const device = (node: Node) => on(lab, node, "grep ' cs:' /proc/drbd", 30_000)
  await on(lab, loser, 'drbdadm disconnect drbd')
  await until('the active node goes on alone', async () => /cs:(WFConnection|StandAlone) ro:Primary/.test(await device(winner)), 60_000)
  await on(lab, winner, 'echo winner > /data/winner; sync -f /data')
  const write = 'mount /dev/drbd0 /mnt && echo loser > /mnt/loser && umount /mnt'
  await on(lab, loser, `drbdadm primary --force drbd && ${write} && drbdadm secondary drbd && drbdadm connect drbd`)
  await until('DRBD refuses to connect', async () => /cs:StandAlone/.test(`${await device(winner)}${await device(loser)}`), 180_000)
  const kept = await good('split-brain', '-e', `drbd_victim=${loser}`, '-e', 'drbd_victim_keep=snapshot')
  expect(JSON.stringify(kept.events)).toMatch(/files in \/dev\/vg\/nfs-before-discard/)
  await until('both copies are in sync', async () => /cs:Connected .* ds:UpToDate\/UpToDate/.test(await device(winner)), 180_000)
  expect(
    await on(
      lab,
      loser,
      'mount -t ext4 -o ro /dev/vg/nfs-before-discard /mnt && cat /mnt/loser; umount /mnt; lvremove -y vg/nfs-before-discard >&2',
    ),
  ).toBe('loser')
  expect(await on(lab, winner, 'ls /data')).not.toMatch(/^loser$/m)
  await whole()
})
