import type { Timed } from '../../../../lib/failover/clients/client-impact.ts'
import type { Trial } from '../../../../lib/failover/report/record.ts'

const wait = (mount: string, kind: Timed['kind'], at: number, took: number): Timed => ({ mount, kind, at, took, ok: true, detail: '1' })

/** A switchover of 2.4 s, unless `other` says otherwise. */
export const trialOf = (other: Partial<Trial> = {}): Trial => ({
  fault: 'switchover',
  title: 'planned switchover',
  stack: 'lean',
  run: 1,
  madeAt: '2026-11-25T18:00:00.000Z',
  holder: 'M1',
  hosts: ['M1', 'M2'],
  on: ['M1'],
  silences: false,
  undo: 'nothing',
  expected: 'moved',
  actual: 'moved',
  endReached: 2_500,
  detected: 300,
  tookOver: 2_100,
  undoneAt: 5_500,
  wholeAt: 6_000,
  stateAfter: 'M2 serves, Connected Primary/Secondary UpToDate/UpToDate',
  deadClient: false,
  clocks: { M1: [{ offset: 3, error: 1 }] },
  operations: [
    wait('C1-1', 'write', -1_000, 20),
    wait('C1-1', 'write', -10, 2_400),
    wait('C1-2', 'open', 50, 2_300),
    wait('C1-1', 'write', 3_000, 20),
  ],
  events: [
    { host: 'M1', at: 300, kind: 'releases', text: 'heartbeat: nfsha stop' },
    { host: 'M2', at: 1_400, kind: 'takes over', text: 'heartbeat: nfsha start' },
    { host: 'M2', at: 2_100, kind: 'serves', text: 'nfsha: started' },
  ],
  stall: { write: 2_400, open: 2_300, lock: 30, create: 35 },
  returnStall: { write: 21 },
  errors: [],
  acknowledged: 400,
  lost: 0,
  torn: 0,
  lockKept: true,
  problems: [],
  ...other,
})
