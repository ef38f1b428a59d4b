import { escapedJson } from '../../text/escape.ts'
import type { StatusReport } from '../views/status-view.ts'

/** Pure: the states as one JSON document. Its schema is in docs/status.md and lib/resources/cluster-status.ts. */
export const statusJson = ({ time, exitCode, clusters, faults }: StatusReport): string =>
  `${escapedJson(JSON.stringify({ v: 1, time, exitCode, clusters, faults }, undefined, 2))}\n`
