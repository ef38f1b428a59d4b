import { expect } from 'vitest'
import type { Event } from '../../lib/engine/events.ts'
import type { MachineName } from '../../lib/lab/index.ts'
import { hostsOf, subjectOf } from '../../lib/report/parts/wording.ts'
import type { Played } from './run.ts'
import { on } from './run.ts'

type End = Extract<Event, { type: 'task-end' | 'handler-end' }>

const endsOf = (run: Played, type: End['type'], status: End['status']): End[] =>
  run.events.flatMap(e => (e.type === type && e.status === status ? [e] : []))
/** Without the role, because a resource of several roles is applied by the first of them. */
const named = (e: End): string => `${hostsOf(e)} ${subjectOf(e)}`

/** The changes of a run, or the predicted ones in check mode: `M1 file /etc/exports.d/nfsha.exports`. Handlers are announced, not predicted. */
export const changedBy = (run: Played): string[] => endsOf(run, 'task-end', 'changed').map(named).sort()

/** The unknown resources of a check, each with what it waits for. */
export const unknownTo = (run: Played): string[] =>
  endsOf(run, 'task-end', 'unknown')
    .map(e => `${named(e)}: ${(e.reason ?? '').split('\n')[0]}`)
    .sort()

/** predicted ⊆ changed ⊆ predicted ∪ unknown */
export const expectForetold = (check: Played, changed: string[]): void => {
  const predicted = changedBy(check)
  const unsure = unknownTo(check)
  expect(changed).toEqual(expect.arrayContaining(predicted))
  expect(changed.filter(name => !predicted.includes(name) && !unsure.some(u => u.startsWith(`${name}: `)))).toEqual([])
}

/**
 * Everything that a run could leave behind on a machine: every configuration file and every file of ours with its checksum, mode, owner and time,
 * packages, modules, routes, addresses, mounts, start time and process of each service, both ends of the DRBD disk. Not the list of exports below
 * /var/lib/nfs: if nfs.conf is missing, the watch's exportfs(8) writes it there every 20 s, independently of a check.
 */
export const fingerprint = (lab: string, machine: MachineName): Promise<string> =>
  on(
    lab,
    machine,
    `cd /; export LC_ALL=C
find etc usr/sbin usr/libexec usr/local lib/systemd var/lib/nfsha-play var/lib/dpkg/status var/lib/drbd var/lib/nfs root data -xdev ! -type d ! -path 'var/lib/nfs/*etab*' -printf '%p %y %m %u %g %s %T@\\n' 2>/dev/null | sort
find etc -xdev -type f -print0 | sort -z | xargs -0 sha256sum
systemctl show '*.service' '*.socket' -p Id -p MainPID -p ActiveEnterTimestampMonotonic -p UnitFileState | awk -v RS= '{ gsub("\\n", " "); print }' | sort
lsmod | cut -d' ' -f1 | sort; ip -4 route; ip -o -4 addr | cut -d' ' -f1-7; cat /proc/mounts; lsattr -d /data 2>/dev/null
grep -o 'cs:.* ds:[^ ]*' /proc/drbd 2>/dev/null; uname -n
for d in /dev/vdb /dev/vdc; do [ -b $d ] && { head -c 1048576 $d; tail -c 1048576 $d; } | sha256sum; done; true`,
  )
