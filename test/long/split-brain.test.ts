import { expect, test } from 'vitest'
import { labFault, labReady } from '../../lib/lab/index.ts'
import type { Table } from '../../lib/resources/resource.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { convergedLab, type Node, other } from './converged.ts'

/** Both nodes wrote while disconnected, and the future victim lost its power meanwhile. */
const { lab, good, holder, whole } = convergedLab('split')

const device = (node: Node) => on(lab, node, "grep ' cs:' /proc/drbd", 30_000)
const tableOf = ({ events }: { events: { type: string }[] }) =>
  (events as ({ type: string } & Table)[]).find(e => e.type === 'table' && /what each node wrote/.test(e.title))?.rows ?? []
const sumOf = (node: Node) => on(lab, node, 'sha256sum < /dev/vdb', 300_000)

test('the writes of each node are shown, the files of the victim are kept, and the split brain is resolved', async () => {
  const winner = await holder()
  const loser = other(winner)
  const keep = `/var/backups/nfs-${loser}-${process.pid}`
  await on(lab, winner, 'echo old > /data/old; sync -f /data; echo both > /data/both; sync -f /data')
  await on(lab, loser, 'drbdadm disconnect drbd')
  await until('the active node goes on alone', async () => /cs:(WFConnection|StandAlone) ro:Primary/.test(await device(winner)), 60_000)
  await on(lab, winner, `echo winner > /data/written-on-${winner}; sync /data/written-on-${winner}`)
  const write = `mount /dev/drbd0 /mnt && rm /mnt/old && echo loser > /mnt/written-on-${loser} && sync -f /mnt`
  await on(lab, loser, `drbdadm primary --force drbd && ${write}`)
  await labFault(lab, loser, 'reset')
  await labReady(lab, loser, 600_000)
  await until('DRBD refuses to connect', async () => /cs:StandAlone/.test(`${await device(winner)}${await device(loser)}`), 180_000)

  const before = await sumOf(loser)
  const check = await nfshaPlay(lab, ['split-brain', '-e', `drbd_victim=${loser}`, '-e', `drbd_victim_keep=${keep}`, '--check'])
  expect(check.code, check.story).toBe(0)
  const rows = tableOf(check)
  const of = (node: Node) => {
    const from = rows.findIndex(r => r[0] === node)
    const to = rows.findIndex((r, i) => i > from && r[0] !== '')
    return rows.slice(from, to < 0 ? undefined : to).map(r => r[3])
  }
  console.log(rows.map(r => r.join(' | ')).join('\n'))
  expect(of(winner)).toContain(`written-on-${winner}`)
  expect(of(loser)).toContain(`written-on-${loser}`)
  for (const node of [winner, loser]) {
    expect(of(node)[0]).toMatch(/^at most [1-9]\d* KiB, by DRBD's marks$/)
    expect(of(node)).not.toContain(`written-on-${other(node)}`)
    expect(of(node)).not.toContain('old')
  }
  expect(await sumOf(loser)).toBe(before)
  expect(await on(lab, loser, 'ls /var/lib/nfsha-play; losetup -a; dmsetup ls; cat /proc/mounts')).not.toMatch(/view/)

  const run = await nfshaPlay(lab, ['split-brain', '-e', `drbd_victim=${loser}`, '-e', `drbd_victim_keep=${keep}`])
  expect(run.story).toMatch(/split brain resolved: changed/)
  // The node that lost power waits for its operator: the status at the end names start.yml.
  expect(run.code, run.story).toBe(3)
  expect(run.story).toMatch(new RegExp(`state of the service: failed degraded: .*: heartbeat is stopped on ${loser}`))
  expect(await on(lab, loser, `cat ${keep}/files/written-on-${loser}; ls ${keep}/files; stat -c %a ${keep}`)).toMatch(/^loser\n[\s\S]*700$/)
  await until('both copies are in sync', async () => /cs:Connected .* ds:UpToDate\/UpToDate/.test(await device(winner)), 180_000)
  await good('start')
  await whole()
  expect(await on(lab, winner, 'ls /data')).toMatch(new RegExp(`old\\n(.*\\n)*written-on-${winner}$`))
  expect(await on(lab, winner, 'ls /data')).not.toMatch(`written-on-${loser}`)
  await on(lab, winner, 'rm /data/old /data/both /data/written-on-*')
  await on(lab, loser, `rm -r ${keep}`)
})
