import type { HostResource, Probe } from './resource.ts'

/** Judges and never changes: `problems` names all that is wrong. Fails in every mode when there is one. */
export const assertion = <S>(id: string, { probe, problems }: { probe: Probe<S>; problems: (state: S) => string[] }): HostResource<S> => ({
  scope: 'host',
  id,
  assertion: true,
  alters: 'itself',
  probe,
  changes: actual => (actual.kind === 'present' ? problems(actual.state).join('\n') || [] : `${id}: nothing was found`),
  apply: async () => undefined,
})
