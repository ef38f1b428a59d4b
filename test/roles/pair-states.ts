import { parseProcDrbd } from '../../lib/resources/proc-drbd.ts'
import type { NamedState } from '../../roles/service/state/state.ts'

/** Parses `Connected ro:Primary/Secondary ds:UpToDate/UpToDate`, as in /proc/drbd. */
export const deviceOf = (text: string, flags = 'r-----', outOfSync = 0) =>
  parseProcDrbd(` 0: cs:${text} C ${flags}\n    oos:${outOfSync}\n`).devices[0]

/** A node on standby; only the fields that the plans read. */
export const nodeState = (state: Partial<NamedState> = {}): NamedState =>
  ({
    host: 'M1',
    heartbeat: true,
    stable: true,
    vip: false,
    mounted: false,
    nfsd: 0,
    served: 'full',
    links: ['em2 up', 'em3 up'],
    unplugged: [],
    space: [],
    holders: [],
    device: deviceOf('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
    ...state,
  }) as NamedState

/** The same as the active node. */
export const activeState = (state: Partial<NamedState> = {}): NamedState =>
  nodeState({ vip: true, mounted: true, nfsd: 8, device: deviceOf('Connected ro:Primary/Secondary ds:UpToDate/UpToDate'), ...state })

/** A machine without anything of the cluster. */
export const bareState = (state: Partial<NamedState> = {}): NamedState =>
  nodeState({ heartbeat: false, stable: false, served: '', links: [], device: undefined, ...state })
