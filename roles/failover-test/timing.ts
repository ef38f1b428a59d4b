import type { FailoverReport } from '../../lib/failover/report/record.ts'
import type { Vars } from '../vars.ts'

/** heartbeat's times, in ha.cf notation. */
export type Timing = FailoverReport['timing']

/**
 * Pure: the times in an ha.cf, or those of the variables where it has none. The file is what heartbeat uses; the play may have other
 * variables.
 */
export const timingIn = (haCf: string, vars: Vars): Timing => {
  const named = Object.fromEntries(
    [...haCf.matchAll(/^\s*(keepalive|warntime|deadtime)\s+(\d\S*)/gm)].map(([, name, time]) => [name, time]),
  )
  return {
    keepalive: named.keepalive ?? vars.heartbeat_keepalive,
    warntime: named.warntime ?? vars.heartbeat_warntime,
    deadtime: named.deadtime ?? vars.heartbeat_deadtime,
  }
}
