import type { ActivityPhase, Emit } from './events.ts'

/** Reports what hosts are doing from now on. */
export type Activity = (hosts: string[], phase: ActivityPhase, task?: { role: string; resource: string }) => void

/** Emits events when profiling is on (`--profile`), otherwise costs nothing. */
export const activityFor = (emit: Emit, isWanted: boolean): Activity =>
  isWanted ? (hosts, phase, task) => emit({ type: 'activity', hosts, phase, ...task }) : () => undefined
