// Roles run jobs as packages do; they see resources, never the connection's own folder.
export { runJob } from '../ssh/job.ts'
export { JOBS_DIRECTORY } from '../ssh/job-script.ts'
