import type { AnyClusterResource, AnyHostResource, Resource } from '../resources/resource.ts'

/** A resource with its role and its position in the host's list (from 1). */
export interface Task<R extends Resource = Resource> {
  role: string
  resource: R
  index: number
  total: number
}

export interface HostPlan {
  host: string
  tasks: Task[]
}

/**
 * A part of a play that runs without waiting for other hosts, or one cluster resource. There is a barrier between two stages. `parts` of a
 * cluster stage: each host's own instance of the resource, because its probe may differ between hosts.
 */
export type Stage =
  | { kind: 'hosts'; role: string; lanes: { host: string; tasks: Task<AnyHostResource>[] }[] }
  | { kind: 'cluster'; role: string; parts: { host: string; task: Task<AnyClusterResource> }[] }

const isCluster = (task: Task): task is Task<AnyClusterResource> => task.resource.scope === 'cluster'

/** Splits one host's tasks of one role at the cluster resources: [host tasks, cluster task, host tasks, ...]. */
const segments = (tasks: Task[]): { hosts: Task<AnyHostResource>[]; cluster?: Task<AnyClusterResource> }[] => {
  const result: { hosts: Task<AnyHostResource>[]; cluster?: Task<AnyClusterResource> }[] = [{ hosts: [] }]
  for (const task of tasks) {
    const last = result[result.length - 1] as (typeof result)[number]
    if (isCluster(task)) {
      last.cluster = task
      result.push({ hosts: [] })
    } else last.hosts.push(task as Task<AnyHostResource>)
  }
  return result
}

/**
 * Pure: turns the lists of one cluster's hosts into stages. Throws when two hosts have different cluster resources for a role, because a
 * barrier would then wait for ever.
 */
export const schedule = (plans: HostPlan[], roles: string[]): Stage[] =>
  roles.flatMap(role => {
    const lists = plans.map(plan => ({ host: plan.host, parts: segments(plan.tasks.filter(t => t.role === role)) }))
    const count = Math.max(0, ...lists.map(l => l.parts.length))
    return Array.from({ length: count }, (_, i) => stagesAt(role, lists, i)).flat()
  })

const stagesAt = (role: string, lists: { host: string; parts: ReturnType<typeof segments> }[], i: number): Stage[] => {
  const stages: Stage[] = []
  const lanes = lists.map(l => ({ host: l.host, tasks: l.parts[i]?.hosts ?? [] })).filter(l => l.tasks.length > 0)
  if (lanes.length > 0) stages.push({ kind: 'hosts', role, lanes })
  const parts = lists.flatMap(l => {
    const task = l.parts[i]?.cluster
    return task ? [{ host: l.host, task }] : []
  })
  const ids = new Set(parts.map(p => p.task.resource.id))
  if (ids.size > 1) throw new Error(`role ${role}: the hosts disagree about the cluster resource: ${[...ids].join(', ')}`)
  if (parts.length > 0) stages.push({ kind: 'cluster', role, parts })
  return stages
}
