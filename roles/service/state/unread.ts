import type { Member } from '../../../lib/role-api/index.ts'
import type { ServiceState } from './state.ts'

/** What is known about a node: its complete state, the part that arrived, or only its name. A missing field was not read. */
export type Known = Partial<ServiceState> & { host: string }

/** Pure: what was read from each node, completely or in part. */
export const knownOf = (members: Member<ServiceState>[]): Known[] =>
  members.map(({ host, reading }) => ({
    ...(reading.kind === 'present' ? reading.state : reading.kind === 'unknown' ? reading.partly : {}),
    host,
  }))

/** Pure: why a node was not read: `no answer within 30 s`, `unreachable`, `incomplete output`. */
export const whyUnread = ({ reading }: Member<unknown>): string => {
  if (reading.kind === 'skipped') return reading.reason
  if (reading.kind !== 'unknown') return 'it was not read'
  return reading.why ?? `it needs ${reading.until}`
}
