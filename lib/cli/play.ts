import { runPlays } from '../engine/run.ts'
import type { Event } from '../report/events.ts'
import { createMasker } from '../report/mask.ts'
import { count, emptyScore, exitReasons } from '../report/score.ts'
import { eventStream } from '../report/stream.ts'
import { defaultFormat, openView } from '../report/view.ts'
import { connect } from '../ssh/connect.ts'
import type { ConnectionTarget } from '../ssh/connection.ts'
import { listPlan } from './list.ts'
import type { PlayArguments } from './options.ts'
import { planOf } from './plan.ts'
import { askSecret } from './prompt.ts'
import { readSources } from './sources.ts'
import { targetsOf } from './targets.ts'

/** Plays a playbook or a role. Resolves with the exit code; everything shown goes through events. */
export const play = async (argument: string, options: PlayArguments): Promise<number> => {
  const sources = await readSources(argument, options)
  const plan = planOf(sources.plays, sources.inventory, options, sources.extraVars)
  if (options.syntaxCheck) return 0
  if (options.listHosts || options.listTasks || options.listTags) {
    process.stdout.write(listPlan(plan.plays, options))
    return 0
  }
  const becomePassword = options.askBecomePass ? await askSecret('BECOME password: ') : undefined
  const hosts = [...new Set(plan.plays.flatMap(p => p.targets.flatMap(t => t.hosts.map(h => h.name))))]
  const reached = targetsOf(sources, hosts, options, becomePassword)
  const masker = createMasker()
  const passwords = [...reached.values()].flatMap(t => [t.password, t.become?.password])
  for (const secret of [...plan.secrets, becomePassword, ...passwords]) if (secret) masker.add(secret)
  const view = await openView(options.output ?? defaultFormat(), { verbosity: options.verbose ?? 0 })
  const stream = eventStream({ command: argument, secrets: masker })
  const score = emptyScore()
  stream.subscribe((event: Event) => {
    count(score, event)
    view.on(event)
  })
  const started = Date.now()
  const interrupt = onInterrupt(signal => stream.emit({ type: 'interrupted', signal, pending: [] }))
  try {
    stream.emit({ type: 'run-start', command: argument, check: options.check ?? false, diff: options.diff ?? false })
    await runPlays(plan.plays, {
      check: options.check ?? false,
      emit: stream.emit,
      signal: interrupt.signal,
      forks: Number(options.forks ?? 5),
      connect: host => connect(reached.get(host) as ConnectionTarget),
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
  const exitCode = exitReasons(score, { judge: options.exitCode ?? false })[0]?.code ?? 0
  stream.emit({ type: 'run-end', recap: score.recap, exitCode, ms: Date.now() - started })
  await view.close()
  return exitCode
}

/** The first signal lets the step in hand finish; the second ends the process at once. */
const onInterrupt = (tell: (signal: 'SIGINT' | 'SIGTERM') => void) => {
  const controller = new AbortController()
  const on = (signal: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    tell(signal)
    controller.abort()
  }
  process.on('SIGINT', on).on('SIGTERM', on)
  return { signal: controller.signal, end: () => process.off('SIGINT', on).off('SIGTERM', on) }
}
