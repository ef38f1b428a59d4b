import type { HostResource } from '../resources/resource.ts'

/** The same resource, whose change makes handlers needed: their ids, `restart UNIT`. */
export const notifying = <S>(resource: HostResource<S>, ...handlers: string[]): HostResource<S> => ({
  ...resource,
  notify: [...(resource.notify ?? []), ...handlers],
})
