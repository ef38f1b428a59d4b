import type { Member } from '../../../lib/role-api/index.ts'
import type { ServiceState } from './state.ts'

/** What is known of a node: all of its state, the part that arrived, or its name alone. A field that is missing was not read. */
export type Known = Partial<ServiceState> & { host: string }

/** Pure: what was read of each node, completely or not. */
export const knownOf = (members: Member<ServiceState>[]): Known[] =>
  members.map(({ host, reading }) => ({
    ...(reading.kind === 'present' ? reading.state : reading.kind === 'unknown' ? reading.partly : {}),
    host,
  }))

/** Pure: why a node was not read: `no answer within 30 s`, `unreachable`, `its answer is incomplete`. */
export const whyUnread = ({ reading }: Member<unknown>): string => {
  if (reading.kind === 'skipped') return reading.reason
  if (reading.kind !== 'unknown') return 'it was not read'
  return reading.why ?? `it needs ${reading.until}`
}
