import type { Change, ClusterNodes, ClusterResource, Member } from '../../lib/role-api/index.ts'
import { differsBy, failedScript, minorOf, notBlank, quote, refusedFor, reporting } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { type Replica, replicaProbe, replicaRecord } from '../service/drbd/replica.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import { type DiskVerdict, type Fate, judgeDisks, refusals } from '../service/drbd/verdict.ts'
import type { Vars } from '../vars.ts'

/**
 * DRBD's metadata on both backing disks. It is created on a blank disk, or behind a file system that is to be kept; existing metadata is
 * adopted only with the operator's confirmation. Both disks are checked first; each is checked again in the same script as the write.
 */
export const metadata = (context: Context): ClusterResource<Replica> => {
  const { vars, platform } = context
  const judge = (members: Member<Replica>[]) => judgeDisks(members, vars, platform.commands.emptyDisk)
  return {
    scope: 'cluster',
    id: `DRBD metadata ${vars.drbd_resource}`,
    invalidates: 'cluster',
    probe: replicaProbe(vars),
    compare(members) {
      const verdicts = judge(members)
      const problems = refusals(verdicts)
      return problems.length > 0 ? refusedFor(problems) : differsBy(verdicts.flatMap(changeFor))
    },
    async apply(nodes, _changes, members) {
      // The disk with data first: if that fails, the blank one stays blank.
      const order = judge(members).sort((a, b) => Number(a.fate.kind === 'create') - Number(b.fate.kind === 'create'))
      for (const { host, fate } of order) {
        const script = scriptFor(fate, contextAt(context, host).vars)
        if (script !== undefined) await write(nodes, host, withDrbd(vars, script))
      }
    },
  }
}

const changeFor = ({ host, replica, fate }: DiskVerdict): Change[] => {
  const change = (from: string, to: string): Change[] => [{ attribute: `metadata on ${replica.disk}`, host, from, to }]
  if (fate.kind === 'create' || fate.kind === 'volume') return change('none, the disk is blank', 'created')
  if (fate.kind === 'keep') return change(`none, the file system ${fate.uuid} is kept`, 'created behind it; the other node becomes a copy')
  return fate.kind === 'adopt' ? change(`current UUID ${fate.current}, not made by this node`, 'adopted') : []
}

const write = async (nodes: ClusterNodes, host: string, script: string): Promise<void> => {
  const result = await nodes.on(host).connection.run(script, {
    timeout: 1_200_000,
    signal: nodes.signal,
    onStderr: reporting(nodes.progress),
  })
  if (result.code === 0) return
  throw failedScript(`DRBD metadata on ${host}`, result)
}

/** The script for a node whose disk has this fate; undefined if nothing has to be done. */
const scriptFor = (fate: Fate, vars: Vars): string | undefined => {
  const disk = quote(backingDisk(vars))
  if (fate.kind === 'create')
    return `set -eu
${notBlank}
r=$(not_blank ${disk} fresh); if [ -n "$r" ]; then echo ${disk}" is not blank any more: $r" >&2; exit 1; fi
${created(vars, '')}`
  if (fate.kind === 'keep')
    return `set -eu
${notBlank}
j=$(judge_disk ${disk} fresh) || :
printf '%s\\n' "$j" | grep -q '^ext4 uuid=${fate.uuid} clean=1 bytes=${fate.bytes} ' || { echo "the file system has changed since it was checked:" "$j" >&2; exit 1; }
! printf '%s\\n' "$j" | grep '^not ' | grep -v '^not content it holds ext4' >&2 || exit 1
u=$(od -An -N7 -tx1 /dev/urandom | tr -d ' \\n')
${created(vars, `s/0x0000000000000004;/0x$\{u}10;/; s/^\\( *flags\\) 0x00000000;/\\1 0x00000011;/;`)}`
  if (fate.kind === 'adopt')
    return `set -eu
${notBlank}
j=$(judge_disk ${disk} facts) || :
s=$(printf '%s\\n' "$j" | sed -n 's/^drbd v08 uuids=${fate.current}:.* stamp=\\([0-9A-F]*\\) .*/\\1/p')
[ -n "$s" ] || { echo "the metadata has changed since it was checked:" "$j" >&2; exit 1; }
${recorded}`
  return undefined
}

const recorded = `mkdir -p -m 700 ${replicaRecord.replace(/\/[^/]*$/, '')}; printf 'stamp=%s\\n' "$s" > ${replicaRecord}.new; mv ${replicaRecord}.new ${replicaRecord}`

/**
 * Runs create-md, then writes the metadata again with our stamp in the field device-uuid, which DRBD 8.4 keeps and does not use. For data
 * that is kept, the same write sets a new current UUID and the flags consistent and up to date, before the nodes connect for the first
 * time: a peer whose metadata was just created can then only become a copy of it, whichever node is named as the source.
 */
const created = (vars: Vars, edits: string): string => `s=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n' | tr a-f A-F)
drbdadm create-md --force ${vars.drbd_resource}
t=$(mktemp); trap 'rm -f "$t"' EXIT
drbdadm dump-md ${vars.drbd_resource} | sed "${edits} s/^device-uuid 0x.*;/device-uuid 0x$s;/" > "$t"
grep -q "^device-uuid 0x$s;" "$t"
drbdmeta --force ${minorOf(vars.drbd_device)} v08 ${quote(backingDisk(vars))} internal restore-md "$t" </dev/null
${recorded}`
