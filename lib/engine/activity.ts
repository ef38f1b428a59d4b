import type { ActivityPhase, Emit } from './events.ts'

/** Says what hosts are at from now on. */
export type Activity = (hosts: string[], phase: ActivityPhase, task?: { role: string; resource: string }) => void

/** Reports it as events when somebody wants to know (`--profile`), else costs nothing. */
export const activityFor = (emit: Emit, isWanted: boolean): Activity =>
  isWanted ? (hosts, phase, task) => emit({ type: 'activity', hosts, phase, ...task }) : () => undefined
