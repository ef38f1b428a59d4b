import type { Command } from 'commander'
import type { Event } from '../../engine/events.ts'
import { openView } from '../../report/open-view.ts'
import { print } from '../../report/output.ts'
import { statsOf } from '../../report/stats.ts'
import { counted, duration } from '../../text/amounts.ts'
import { eventsOf, keptRuns } from '../history/store.ts'
import { exitCodes, type PlayArguments, UsageError } from '../options.ts'

/** One line per run: id, command, hosts, outcome. */
const lineOf = (run: string, events: Event[]): string => {
  const stats = statsOf(events)
  const start = events.find(e => e.type === 'run-start')
  const end = events.find(e => e.type === 'run-end')
  const hosts = Object.keys(stats.recap).join(',')
  const outcome = end ? `exit code ${end.exitCode} after ${duration(end.ms)}` : 'did not finish'
  return `${run}  ${start?.command ?? ''}  ${hosts}  ${counted(stats.changes, 'change')}, ${outcome}`
}

const show = async (wanted: string, options: PlayArguments): Promise<void> => {
  const matching = keptRuns().filter(run => run === wanted || run.includes(wanted))
  const [run] = matching
  if (run === undefined) throw new UsageError(`history: no run '${wanted}'; \`nfsha-play history\` lists the stored runs`)
  if (matching.length > 1 && !matching.includes(wanted))
    throw new UsageError(`history: '${wanted}' is ambiguous: ${matching.join(', ')}; give more of the id`)
  const view = await openView(options.output ?? 'plain', { verbosity: options.verbose ?? 0 })
  for (const event of eventsOf(matching.includes(wanted) ? wanted : run)) view.on(event)
  await view.close()
}

/** `nfsha-play history [run]`: lists the runs that changed something, or replays one. */
export const define = (command: Command): void =>
  void command
    .description('list the runs that changed something; with an id, show that run')
    .argument('[run]', 'id of a run, or part of it')
    .action(async (run: string | undefined) => {
      process.exitCode = await history(run, command.optsWithGlobals<PlayArguments>())
    })

/** Resolves with the exit code. */
const history = async (run: string | undefined, options: PlayArguments): Promise<number> => {
  if (run !== undefined) await show(run, options)
  else
    print(
      keptRuns()
        .map(id => `${lineOf(id, eventsOf(id))}\n`)
        .join(''),
    )
  return exitCodes.fine
}
