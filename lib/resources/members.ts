import type { Member } from './resource.ts'

/** The states of a cluster's members, each with its host; members that are absent or could not be read are omitted. */
export const statesOf = <S extends object>(members: Member<S>[]): (S & { host: string })[] =>
  members.flatMap(({ host, reading }) => (reading.kind === 'present' ? [{ ...reading.state, host }] : []))
