import type { ClusterAssertion, Judgement, Member, Table } from '../../lib/role-api/index.ts'
import { clusterAssertion, inSync, notRead, present } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { whyUnread } from '../service/state/unread.ts'
import { diskScript, parseDisk } from './disk.ts'

/**
 * Pure: where the data is, how to read it without DRBD, and the confirmation with which a new pair adopts it. Internal metadata is at the
 * end of the disk, so the file system starts at its first byte.
 */
export const dataTable = (members: Member<Judgement>[], context: Context): Table => {
  const words: string[] = []
  const rows = members.map(({ host, reading }) => {
    const disk = backingDisk(contextAt(context, host).vars)
    if (reading.kind !== 'present') return [host, disk, `not known: ${whyUnread({ host, reading })}`, '']
    const { blank, drbd, against } = reading.state
    if (blank) return [host, disk, 'blank', '']
    if (!drbd) return [host, disk, against[0]?.text ?? 'not known', '']
    words.push(`${host}:${disk}:${drbd.current}`)
    return [host, disk, `data of the pair, UUID ${drbd.current}`, `mount -t ext4 -o ro ${disk} /mnt`]
  })
  const word = words.length > 0 ? `; site.yml builds a pair around it with -e drbd_adopt=${words.join(',')}` : ''
  return {
    title: `${context.cluster.name}: the data on the disks${word}`,
    columns: ['', 'disk', 'content', 'to read it once DRBD is down'],
    rows,
  }
}

/** Shows where the data is; reports no problem. */
export const dataOnDisks = (context: Context): ClusterAssertion<Judgement> =>
  clusterAssertion('data on the disks', {
    allowMissing: true,
    probe: {
      sh: diskScript(context.vars),
      timeout: 600_000,
      parse({ stdout }) {
        const found = parseDisk(stdout)
        return found ? present(found) : notRead('incomplete output')
      },
    },
    compare: () => inSync,
    table: members => dataTable(members, context),
  })
