import type { Member } from './resource.ts'

/** What was read of a cluster's members, each with its host; those that are absent or could not be read are left out. */
export const statesOf = <S extends object>(members: Member<S>[]): (S & { host: string })[] =>
  members.flatMap(({ host, reading }) => (reading.kind === 'present' ? [{ ...reading.state, host }] : []))
