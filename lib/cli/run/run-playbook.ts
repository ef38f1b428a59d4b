import type { Emit, EndingSignal, Event } from '../../engine/events.ts'
import { runPlays } from '../../engine/run.ts'
import { defaultFormat, openView, statusFormats } from '../../report/open-view.ts'
import { print } from '../../report/output.ts'
import { count, emptyStats, exitReasons, signalCodes } from '../../report/stats.ts'
import { eventStream } from '../../report/stream.ts'
import type { Via } from '../../resources/resource.ts'
import type { ConnectionTarget } from '../../ssh/connection.ts'
import type { ExecCost } from '../../ssh/meter.ts'
import { runHistory } from '../history/store.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { secrets } from '../secrets.ts'
import { listPlan } from './list.ts'
import { type Plan, planOf } from './plan.ts'
import { isProfiled, profiler, refuseProfile } from './profiling.ts'
import { askBecomePassword } from './prompt.ts'
import { readSources } from './sources.ts'
import { targetsOf } from './targets.ts'
import { statusSeen } from './unread-status.ts'
import { watchStatus } from './watch-status.ts'

interface Prepared {
  plan: Plan
  /** The `hosts` of its plays, as written. */
  patterns: string[]
  reached: Map<string, ConnectionTarget>
}

/** Reads everything that the command line names and asks for passwords; contacts no host. */
export const preparePlay = async (argument: string, options: PlayArguments): Promise<Prepared> => {
  const sources = await readSources(argument, options)
  const plan = planOf(sources.plays, sources.inventory, options, sources.extraVars, sources.ownRoles)
  for (const secret of plan.secrets) secrets.add(secret)
  const patterns = [...new Set(sources.plays.flatMap(p => p.hosts))]
  if (options.syntaxCheck || isListing(options)) return { plan, patterns, reached: new Map() }
  const becomePassword = await askBecomePassword(options)
  const hosts = [...new Set(plan.plays.flatMap(p => p.targets.flatMap(t => t.hosts.map(h => h.name))))]
  const reached = targetsOf(sources, hosts, options, becomePassword)
  return { plan, patterns, reached }
}

const isListing = ({ listHosts, listTasks, listTags }: PlayArguments) => listHosts || listTasks || listTags

/** Prints the list that the options ask for. Returns whether they ask for one. */
export const toldList = ({ plan }: Prepared, options: PlayArguments): boolean => {
  if (!isListing(options)) return false
  print(listPlan(plan.plays, options))
  return true
}

/** Refuses to play no host at all, which cron would see as success: Ansible only warns. */
export const refuseIdle = (argument: string, { plan, patterns }: Prepared, { limit }: PlayArguments): void => {
  if (plan.plays.some(play => play.targets.length > 0)) return
  const chosen = `hosts: ${patterns.join(', ')}${limit === undefined ? '' : `; --limit ${limit}`}`
  throw new UsageError(`${argument}: it matches no host of this inventory (${chosen}), so nothing was done`)
}

/** Plays a playbook or a role. Resolves with the exit code; everything shown goes through events. */
export const runPlaybook = async (argument: string, options: PlayArguments): Promise<number> => {
  refuseProfile(options)
  const prepared = await preparePlay(argument, options)
  if (options.syntaxCheck) return 0
  if (toldList(prepared, options)) return 0
  refuseIdle(argument, prepared, options)
  refuseElsewhere(argument, prepared, options)
  if (options.watch) return watchStatus(on => lookOnce(argument, prepared, options, on))
  const view = await openView(options.output ?? defaultFormat(), { verbosity: options.verbose ?? 0 })
  const history = runHistory()
  const stats = emptyStats()
  const started = Date.now()
  const seen = statusSeen(prepared.plan)
  const watch = (event: Event) => {
    count(stats, event)
    seen.on(event)
  }
  const profiling = await profiler(options)
  // A view that fails gets no more events; the statistics and the exit code do not depend on it.
  const emit = await runPrepared(argument, prepared, options, { watch: [watch, view.on, history.on, ...profiling.watch] })
  for (const event of seen.missing()) emit(event)
  profiling.end(emit)
  const exitCode = exitReasons(stats, { judge: options.exitCode ?? false })[0]?.code ?? 0
  emit({ type: 'run-end', recap: stats.recap, exitCode, ms: Date.now() - started })
  await view.close()
  history.close()
  return view.exitCode?.() ?? exitCode
}

/** An output of the service's state has nothing to show for another playbook. */
const refuseElsewhere = (argument: string, { plan }: Prepared, { output, watch }: PlayArguments): void => {
  const isStatus = plan.plays.every(play => play.roles.every(role => role.name === 'status'))
  const isForm = output !== undefined && statusFormats.includes(output)
  if (!isStatus && (watch || isForm))
    throw new UsageError(`${watch ? '--watch' : `--output ${output}`} is for status.yml, not for ${argument}`)
  if (watch && output !== undefined) throw new UsageError('--watch has its own output format: omit --output')
}

/** One look of `--watch`; it is not kept in the history. */
const lookOnce = async (argument: string, prepared: Prepared, options: PlayArguments, on: (event: Event) => void): Promise<number> => {
  const stats = emptyStats()
  const seen = statusSeen(prepared.plan)
  const watch = (event: Event) => {
    count(stats, event)
    seen.on(event)
    on(event)
  }
  const emit = await runPrepared(argument, prepared, options, { watch: [watch] })
  for (const event of seen.missing()) emit(event)
  return exitReasons(stats)[0]?.code ?? 0
}

interface Running {
  watch: ((event: Event) => void)[]
  drift?: boolean
}

/**
 * Runs a plan; each of `watch` gets every event. Resolves with the function that emits the last one. Never rejects for errors of the run.
 */
export const runPrepared = async (
  command: string,
  { plan, reached }: Prepared,
  options: PlayArguments,
  { watch, drift = false }: Running,
): Promise<Emit> => {
  const stream = eventStream({ command, secrets })
  for (const one of watch) stream.subscribe(one)
  const interrupt = onInterrupt(signal => stream.emit({ type: 'interrupted', signal }))
  try {
    stream.emit({ type: 'run-start', command, check: options.check ?? false, diff: options.diff ?? false })
    for (const text of plan.warnings) stream.emit({ type: 'message', level: 'warning', text })
    await runPlays(plan.plays, {
      check: options.check ?? false,
      drift,
      holdHandlers: options.handlers === false,
      emit: stream.emit,
      signal: interrupt.signal,
      forks: Number(options.forks ?? 5),
      profile: isProfiled(options),
      connect: async (host, via) => {
        const onExec = isProfiled(options) ? (cost: ExecCost) => stream.emit({ type: 'exec', host, ...cost }) : undefined
        return (await import('../../ssh/connect.ts')).connect(wayTo(reached, host, via), { onExec })
      },
    })
  } catch (error) {
    stream.emit({
      type: 'internal-error',
      message: String(error),
      ...(error instanceof Error && error.stack ? { detail: error.stack } : {}),
    })
  } finally {
    interrupt.end()
  }
  return stream.emit
}

const wayTo = (reached: Map<string, ConnectionTarget>, host: string, via?: Via): ConnectionTarget => {
  const target = reached.get(host) as ConnectionTarget
  const jump = via && reached.get(via.host)
  return jump ? { ...target, via: { jump, address: via.address } } : target
}

/** The first signal lets the current step finish; the second ends the process at once. SIGHUP: the terminal was closed. */
const onInterrupt = (tell: (signal: EndingSignal) => void) => {
  const controller = new AbortController()
  const on = (signal: EndingSignal) => {
    if (controller.signal.aborted) process.exit(signalCodes[signal])
    tell(signal)
    controller.abort()
  }
  const signals = Object.keys(signalCodes) as EndingSignal[]
  for (const signal of signals) process.on(signal, on)
  const end = () => {
    for (const signal of signals) process.off(signal, on)
  }
  return { signal: controller.signal, end }
}
