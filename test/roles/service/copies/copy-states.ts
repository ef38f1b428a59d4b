import type { Generation, NamedCopy } from '../../../../roles/service/copies/copy.ts'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { deviceOf, nodeState } from '../../pair-states.ts'

export const uuids = { now: 'A1B2C3D4E5F60710', before: '1111111111111110', other: 'BBBBBBBBBBBBBBB0', zero: '0'.repeat(16) }

export const generation = (state: Partial<Generation> = {}): Generation => ({
  uuids: { current: uuids.now, others: [uuids.zero, uuids.before, uuids.zero] },
  consistent: true,
  upToDate: true,
  primary: false,
  peerOutdated: false,
  crashedPrimary: false,
  ...state,
})

/** After a boot: DRBD is up, heartbeat is not, and no node serves. */
export const copyState = (state: Partial<NamedCopy> = {}): NamedCopy => ({
  ...nodeState({ heartbeat: false, stable: false, links: [] } as Partial<NamedState>),
  device: deviceOf('Connected ro:Secondary/Secondary ds:UpToDate/UpToDate'),
  generation: generation(),
  answers: [],
  written: 1_796_000_000,
  contact: '2026-11-29T23:20:01+0000 M1 kernel: drbd drbd: conn( Connected -> Timeout )',
  ...state,
})

/** A node that has not connected to the other since its boot. */
export const loneCopy = (disk: string, state: Partial<NamedCopy> = {}): NamedCopy =>
  copyState({ device: deviceOf(`WFConnection ro:Secondary/Unknown ds:${disk}/DUnknown`), ...state })
