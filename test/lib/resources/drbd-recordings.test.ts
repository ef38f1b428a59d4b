import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blocksOf } from '../../../lib/resources/blocks.ts'
import { parseDrbdEvents } from '../../../lib/resources/drbd-events.ts'
import { parseDrbdState } from '../../../lib/resources/drbd-state.ts'
import { describeDevice, parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'

// Recorded on M1 and M2 of the lab: the module of Linux 6.1 (8.4.11) with drbd-utils 9.22. Each has /proc/drbd, then
// `drbdsetup status --verbose --statistics` and `drbdsetup events2 --now --statistics`, in sequence on one node, so amounts of a running
// synchronisation differ a little.

const recordings = readFileSync(new URL('../../fixtures/drbd/8.4.11.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map(part => {
    const [title = '', ...lines] = part.split('\n')
    const { proc = '', verbose: status = '', events = '' } = blocksOf(lines.join('\n'))
    return { title, proc, status, events }
  })

const wanted: Record<string, [proc: string, flags: string]> = {
  'M1 syncing': ['SyncSource Primary/Secondary UpToDate/Inconsistent', 'r-----'],
  'M2 syncing': ['SyncTarget Secondary/Primary Inconsistent/UpToDate', 'r-----'],
  'M1 paused': ['PausedSyncS Primary/Secondary UpToDate/Inconsistent', 'r--u--'],
  'M2 paused': ['PausedSyncT Secondary/Primary Inconsistent/UpToDate', 'r-p---'],
  'M1 serving': ['Connected Primary/Secondary UpToDate/UpToDate', 'r-----'],
  'M2 serving': ['Connected Secondary/Primary UpToDate/UpToDate', 'r-----'],
  'M1 diskless': ['Connected Primary/Secondary UpToDate/Diskless', 'r-----'],
  'M2 diskless': ['Connected Secondary/Primary Diskless/UpToDate', 'r-----'],
  'M1 disconnected': ['WFConnection Primary/Unknown UpToDate/DUnknown', 'r-----'],
  'M2 disconnected': ['StandAlone Secondary/Unknown UpToDate/DUnknown', 'r-----'],
  'M1 split-brain': ['StandAlone Primary/Unknown UpToDate/DUnknown', 'r-----'],
  'M2 split-brain': ['StandAlone Secondary/Unknown UpToDate/DUnknown', 'r-----'],
}

test('every state is recorded on both nodes', () => expect(recordings.map(r => r.title).sort()).toEqual(Object.keys(wanted).sort()))

test.each(recordings)('/proc/drbd: $title', ({ title, proc }) => {
  const { version, devices } = parseProcDrbd(proc)
  const [device] = devices
  expect(version).toBe('8.4.11')
  expect(device && [describeDevice(device), device.flags]).toEqual(wanted[title])
  expect(device?.sync !== undefined).toBe(/sync'ed/.test(proc))
})

test.each(recordings)('drbdsetup events2, parsed as for DRBD 9, gives the same state as /proc/drbd: $title', ({ proc, events }) => {
  const [device] = parseProcDrbd(proc).devices
  const read = parseDrbdState(`version: 9.2.2 (api:2/proto:86-121)\n${events}`, 0)
  expect(read && describeDevice(read)).toBe(device && describeDevice(device))
  const running = device?.connection.startsWith('Sync')
  if (running) expect(read?.outOfSync).toBeGreaterThan(0)
  else expect(read?.outOfSync).toBe(device?.outOfSync)
  expect(parseDrbdEvents(events).at(-1)).toMatchObject({ kind: 'exists', object: '-' })
})

test('why drbdsetup status is not used: without a connection it reports neither the peer nor the out-of-sync amount', () => {
  const apart = recordings.filter(r => / cs:StandAlone /.test(r.proc))
  expect(apart.map(r => r.title)).toEqual(['M2 disconnected', 'M1 split-brain', 'M2 split-brain'])
  for (const { status } of apart) expect(status).not.toMatch(/connection:|out-of-sync:/)
})
