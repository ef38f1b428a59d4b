import { type JobOptions, type JobResult, runJob } from '../ssh/job.ts'
import type { ClusterNodes } from './resource.ts'

// Roles run jobs as packages do; they see resources, never the connection's own folder.
export { runJob } from '../ssh/job.ts'
export { jobsDirectory } from '../ssh/job-script.ts'

/** A job on one node of a cluster: it ends with the run's signal, and is followed over a new connection when its own is lost. */
export const runJobOn = (nodes: ClusterNodes, host: string, job: Omit<JobOptions, 'signal' | 'reconnect'>): Promise<JobResult> =>
  runJob(nodes.on(host).connection, {
    ...job,
    signal: nodes.signal,
    async reconnect() {
      await nodes.reconnect(host)
      return nodes.on(host).connection
    },
  })
