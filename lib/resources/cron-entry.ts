import { type FileState, file } from './file.ts'
import type { HostResource } from './resource.ts'

export interface CronEntryOptions {
  /** Five fields, or `@daily`: crontab(5). */
  schedule: string
  /** One line for sh; write % as \%, because cron ends the command at a plain %. */
  command: string
  /** Default root. */
  user?: string
  notify?: string[]
}

/**
 * A job in /etc/cron.d, in a file with its name. cron ignores names with characters other than letters, digits, `_` and `-`: run-parts(8).
 * @throws TypeError for what cron would not read as one job
 */
export const cronEntry = (name: string, { schedule, command, user = 'root', notify }: CronEntryOptions): HostResource<FileState> => {
  if (!/^[\w-]+$/.test(name)) throw new TypeError(`cron entry '${name}': only letters, digits, _ and - are allowed`)
  if (!/^(@\w+|\S+( \S+){4})$/.test(schedule)) throw new TypeError(`cron entry '${name}': '${schedule}' does not have five fields`)
  if (/\n/.test(command) || /(^|[^\\])%/.test(command))
    throw new TypeError(`cron entry '${name}': the command must be one line, with % written as \\%`)
  const content = `# Managed by nfsha-play.\n${schedule} ${user} ${command}\n`
  return { ...file(`/etc/cron.d/${name}`, { content, ...(notify && { notify }) }), id: `cron entry ${name}` }
}
