import type { Probe } from './reading.ts'
import type { ClusterAssertion, HostAssertion } from './resource.ts'
import { refused, refusedFor } from './verdict.ts'

/** Checks one host and never changes it: fails in every mode unless `compare` returns in sync. */
export const hostAssertion = <S>(id: string, rest: Omit<HostAssertion<S>, 'id' | 'scope' | 'assertion'>): HostAssertion<S> => ({
  ...rest,
  id,
  scope: 'host',
  assertion: true,
})

/** The same for the whole cluster. */
export const clusterAssertion = <S>(id: string, rest: Omit<ClusterAssertion<S>, 'id' | 'scope' | 'assertion'>): ClusterAssertion<S> => ({
  ...rest,
  id,
  scope: 'cluster',
  assertion: true,
})

/** An assertion whose `problems` returns everything that is wrong on a host. */
export const assertion = <S>(id: string, { probe, problems }: { probe: Probe<S>; problems: (state: S) => string[] }): HostAssertion<S> =>
  hostAssertion(id, {
    probe,
    compare: actual => (actual.kind === 'present' ? refusedFor(problems(actual.state)) : refused(`${id}: nothing was found`)),
  })
