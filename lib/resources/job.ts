import { type JobOptions, type JobResult, runJob } from '../ssh/job.ts'
import type { ClusterNodes } from './resource.ts'

// Roles run jobs like the package resources; they import lib/resources, never lib/ssh.
export { runJob } from '../ssh/job.ts'
export { jobsDirectory } from '../ssh/job-script.ts'

/** Runs a job on one node of a cluster: stops following on the run's signal, and reconnects when the connection is lost. */
export const runJobOn = (nodes: ClusterNodes, host: string, job: Omit<JobOptions, 'signal' | 'reconnect'>): Promise<JobResult> =>
  runJob(nodes.on(host).connection, {
    ...job,
    signal: nodes.signal,
    async reconnect() {
      await nodes.reconnect(host)
      return nodes.on(host).connection
    },
  })
