import type { ClusterAssertion, DrbdDevice, Member, Probe, Table } from '../../lib/role-api/index.ts'
import {
  blocksOf,
  clusterAssertion,
  drbdState,
  inSync,
  minorOf,
  notRead,
  parseDrbdState,
  present,
  quote,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { inView } from '../service/copies/view.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { whyUnread } from '../service/state/unread.ts'
import type { Vars } from '../vars.ts'

/** Maximum number of names read from each copy, newest first, and of names shown. */
const mostRead = 2000
const mostShown = 20
/** Seconds to read the names of one copy. */
const limit = 200

/** A file or directory of a copy. `line` is everything that was read about it: if it is equal, the entry is the same in both copies. */
export interface Entry {
  line: string
  /** Last change of content, name, owner or mode, in seconds since 1970 (st_ctime). */
  changed: number
  isDirectory: boolean
  bytes: number
  path: string
}

/** What was read from one node's copy. */
export interface Written {
  device: DrbdDevice | undefined
  /** How the names were read: `mounted`, or `$how` of `inView`; '' when they were not read. */
  how: string
  /** The newest entries, newest first. */
  entries: Entry[]
  /** All names were read, not only some. */
  isComplete: boolean
  /** Why the names could not be read. */
  problem: string
}

/**
 * Shell that prints the newest names below `$view`, newest first, except the resource script's own files. The idle class gives clients
 * priority on the disk if the I/O scheduler supports classes (ionice(1)).
 */
export const newestNames = `cd "$view" || exit 1
{ ionice -c 3 nice -n 19 timeout ${limit} find . -xdev \\( -path ./lost+found -o -path ./.nfsha -o -name '.nfsha-volume.*' \\) -prune -o -printf '%C@ %y %s %P\\0'
printf 'end %s\\0' $?; } 2>/dev/null | perl -0 -ne 'chomp; if (/^end (\\d+)$/) { $c = $1; next } s/\\n/?/g; push @a, $_;
if (@a > ${2 * mostRead}) { @a = (sort { $b <=> $a } @a)[0..${mostRead - 1}] }
END { @a = sort { $b <=> $a } @a; $#a = ${mostRead - 1} if @a > ${mostRead}; print "end $c\\n", map { "$_\\n" } @a }'`

const writtenScript = (vars: Vars): string => {
  const { drbd_device: device } = vars
  return `LC_ALL=C; export LC_ALL
echo @drbd; ${drbdState}
echo @names
if grep -qE '^ *${minorOf(device)}: cs:(StandAlone|WFConnection) ' /proc/drbd; then
  view=''; while read -r what where rest; do [ "$what" != ${device} ] || view=$where; done < /proc/mounts
  if [ -n "$view" ]; then echo "how mounted"; (${newestNames})
  else { ${inView(quote(backingDisk(vars)), `echo "how $how"\n${newestNames}`)}
    } 2>&1 || echo "ended $?"
  fi
fi
echo @read; echo read`
}

/** Pure. */
export const parseWritten = (stdout: string, vars: Vars): Written => {
  const { drbd = '', names = '' } = blocksOf(stdout)
  const lines = names.split('\n')
  const entries = lines.flatMap(line => {
    const [, changed, type, bytes, path] = /^(\d+\.\d+) (\S) (\d+) (.*)$/.exec(line) ?? []
    if (changed === undefined) return []
    return [{ line, changed: Number(changed), isDirectory: type === 'd', bytes: Number(bytes), path: path || '.' }]
  })
  return {
    device: parseDrbdState(drbd, minorOf(vars.drbd_device)),
    how: lines.find(l => l.startsWith('how '))?.slice(4) ?? '',
    entries,
    isComplete: lines.includes('end 0'),
    problem: lines.find(l => l !== '' && !/^(how|end|\d+\.\d+) /.test(l)) ?? '',
  }
}

/** What one copy has that the other lacks, or has in a different state. */
export interface Fresh {
  /** Newest first. A directory is listed only if none of its entries is: then a name in it was removed, or its owner or mode changed. */
  entries: Entry[]
  /** The newest change that both copies have, in seconds since 1970; undefined when none was found, and then there may be more entries. */
  common: number | undefined
}

/**
 * Pure: the entries of one copy that are newer than the newest change in both copies. No two clocks are compared: both copies got that
 * change from the same node.
 */
export const freshOf = (own: Entry[], other: Entry[]): Fresh => {
  const alike = new Set(other.map(e => e.line))
  const index = own.findIndex(e => alike.has(e.line))
  const fresh = index < 0 ? own : own.slice(0, index)
  const parents = new Set(fresh.map(e => (e.path.includes('/') ? e.path.slice(0, e.path.lastIndexOf('/')) : '.')))
  return {
    entries: fresh.filter(e => !(e.isDirectory && parents.has(e.path))),
    common: own[index]?.changed,
  }
}

const date = (seconds: number): string => new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z')

/**
 * DRBD marks the blocks that are written without the peer; after a crash of a Primary also those in the activity log, which might have been
 * written.
 */
const amountOf = ({ device }: Written): string =>
  device ? `at most ${device.outOfSync} KiB, by DRBD's marks` : 'an unknown amount: DRBD has no device here'

const namesIn = ({ length }: Entry[]): string => `${length} ${length === 1 ? 'name' : 'names'}`

const namesOf = (own: Written, other: Written | undefined): { said: string; entries: Entry[] } => {
  if (own.how === '') return { said: `which files is not known: ${own.problem || 'they could not be read'}`, entries: [] }
  if (!own.isComplete) return { said: `which files is not known: they were not read to the end within ${limit} s`, entries: [] }
  const last = own.how === 'not replayed' ? '; its journal could not be replayed without dmsetup, so the last changes may be missing' : ''
  if (!other?.isComplete)
    return { said: `which files is not known without the other copy; the newest are${last}`, entries: own.entries.slice(0, mostShown) }
  const { entries, common } = freshOf(own.entries, other.entries)
  if (common === undefined) return { said: `${namesIn(entries)}, all that were compared, and perhaps more${last}`, entries }
  return { said: `${namesIn(entries)} newer than the last change that both have (${date(common)})${last}`, entries }
}

/** Pure: what each node wrote since the split, so that the operator can choose. */
export const writtenTable = (members: Member<Written>[], cluster: string): Table => {
  const states = members.map(m => (m.reading.kind === 'present' ? m.reading.state : undefined))
  if (!states.some(s => s?.device?.connection === 'StandAlone'))
    return { title: `${cluster}: DRBD is StandAlone on no node that was read`, columns: [], rows: [] }
  return {
    title: `${cluster}: writes since the split`,
    columns: ['', 'changed', 'bytes', 'name'],
    rows: members.flatMap((member, index) => {
      const own = states[index]
      if (!own) return [[member.host, '', '', `not known: ${whyUnread(member)}`]]
      const { said, entries } = namesOf(own, states[1 - index])
      const rest = entries.length - mostShown
      return [
        [member.host, '', '', amountOf(own)],
        ['', '', '', said],
        ...entries
          .slice(0, mostShown)
          .map(e => ['', date(e.changed), e.isDirectory ? '' : String(e.bytes), e.isDirectory ? `${e.path}/` : e.path]),
        ...(rest > 0 ? [['', '', '', `and ${rest} more`]] : []),
      ]
    }),
  }
}

const writtenProbe = ({ vars }: Context): Probe<Written> => ({
  sh: writtenScript(vars),
  timeout: (limit + 60) * 1000,
  parse: ({ stdout }) => (blocksOf(stdout).read?.trim() === 'read' ? present(parseWritten(stdout, vars)) : notRead('incomplete output')),
})

/** Shows what each node has written since the split, without writing to either copy; reports no problem. */
export const written = (context: Context): ClusterAssertion<Written> =>
  clusterAssertion('writes since the split', {
    allowMissing: true,
    probe: writtenProbe(context),
    compare: () => inSync,
    table: members => writtenTable(members, context.cluster.name),
  })
