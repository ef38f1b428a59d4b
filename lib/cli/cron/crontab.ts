import { quote } from '../../ssh/quote.ts'
import { UsageError } from '../options.ts'

const begin = '# BEGIN nfsha-play (nfsha-play cron install): what stands here is overwritten'
const end = '# END nfsha-play'

/** What a job runs and when; everything absolute, since cron starts it in another folder with next to no environment. */
export interface Job {
  schedule: string
  mailto?: string
  /** Whose PATH, XDG_STATE_HOME. */
  environment: Record<string, string>
  /** Runs never pile up: one that finds this locked ends at once and says nothing. */
  lock: string
  argv: string[]
}

export const checkMailto = (mailto: string | undefined): string | undefined => {
  // cron mails nobody whose address it takes for unsafe, without a word to anybody: cron's safe_p().
  if (mailto === undefined || /^[A-Za-z0-9][A-Za-z0-9@!:%+\-.,_]*$/.test(mailto)) return mailto
  throw new UsageError(
    `--mailto '${mailto}': an address without blanks is wanted, of ASCII letters, digits and @!:%+-.,_ alone: cron mails to no other`,
  )
}

/** To cron a bare % is the end of the command. */
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

/** Pure: a user's crontab with our block, in its old place or at the end. MAILTO holds for all lines below it, so the block puts it back. */
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

/** Pure: the block alone, as it stands; undefined when there is none. */
export const blockOf = (crontab: string): string | undefined => {
  const from = crontab.indexOf(begin)
  const to = crontab.indexOf(end, from)
  return from < 0 || to < 0 ? undefined : crontab.slice(from, to + end.length + 1)
}

/** Pure: all other lines, as they were. */
export const withoutBlock = (crontab: string): string => {
  const block = blockOf(crontab)
  return block === undefined ? crontab : crontab.replace(block, () => '')
}
