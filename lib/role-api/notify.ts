import type { HostResource } from '../resources/resource.ts'

/** The same resource, with additional handlers to notify on a change: their ids, `restart UNIT`. */
export const notifying = <S>(resource: HostResource<S>, ...handlers: string[]): HostResource<S> => ({
  ...resource,
  notify: [...(resource.notify ?? []), ...handlers],
})
