import { quote } from '../../ssh/quote.ts'
import { UsageError } from '../options.ts'

const begin = '# BEGIN nfsha-play (nfsha-play cron install): what stands here is overwritten'
const end = '# END nfsha-play'

/** Command and schedule of a cron job. All paths are absolute: cron uses another directory and an almost empty environment. */
export interface Job {
  schedule: string
  mailto?: string
  /** PATH and XDG_STATE_HOME of the job. */
  environment: Record<string, string>
  /** Runs never overlap: a run that finds this file locked exits at once and silently. */
  lock: string
  argv: string[]
}

export const checkMailto = (mailto: string | undefined): string | undefined => {
  // cron silently skips mail to an address that it considers unsafe: cron's safe_p().
  if (mailto === undefined || /^[A-Za-z0-9][A-Za-z0-9@!:%+\-.,_]*$/.test(mailto)) return mailto
  throw new UsageError(`--mailto '${mailto}': cron only mails to an address of ASCII letters, digits and @!:%+-.,_ without blanks`)
}

/** In a crontab, an unescaped % ends the command. */
const commandOf = ({ environment, lock, argv }: Job): string =>
  [
    '/usr/bin/env',
    ...Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`)),
    '/usr/bin/flock',
    '-n',
    quote(lock),
    ...argv.map(quote),
  ]
    .join(' ')
    .replaceAll('%', '\\%')

/** Pure: /etc/cron.d/nfsha-play. */
export const cronFile = (job: Job, user: string): string =>
  [
    '# Managed by nfsha-play (nfsha-play cron install): what stands here is overwritten.',
    'SHELL=/bin/sh',
    ...(job.mailto === undefined ? [] : [`MAILTO=${job.mailto}`]),
    `${job.schedule} ${user} ${commandOf(job)}`,
    '',
  ].join('\n')

/**
 * Pure: a user's crontab with our block, in its old place or at the end. MAILTO applies to all lines below it, so the block restores it.
 */
export const withBlock = (crontab: string, job: Job, user: string): string => {
  const outside = withoutBlock(crontab)
  const before = crontab.includes(begin) ? crontab.slice(0, crontab.indexOf(begin)) : outside
  const head = before === '' || before.endsWith('\n') ? before : `${before}\n`
  const mailto = [...head.matchAll(/^\s*MAILTO\s*=\s*(.*?)\s*$/gm)].at(-1)?.[1] ?? user
  const block = [
    begin,
    ...(job.mailto === undefined ? [] : [`MAILTO=${job.mailto}`]),
    `${job.schedule} ${commandOf(job)}`,
    ...(job.mailto === undefined ? [] : [`MAILTO=${mailto}`]),
    end,
    '',
  ].join('\n')
  return `${head}${block}${outside.slice(before.length)}`
}

/** Pure: our block as it is in the crontab; undefined when there is none. */
export const blockOf = (crontab: string): string | undefined => {
  const from = crontab.indexOf(begin)
  const to = crontab.indexOf(end, from)
  return from < 0 || to < 0 ? undefined : crontab.slice(from, to + end.length + 1)
}

/** Pure: the crontab without our block. */
export const withoutBlock = (crontab: string): string => {
  const block = blockOf(crontab)
  return block === undefined ? crontab : crontab.replace(block, () => '')
}
