import { ApplyFailed } from '../resources/outcome.ts'
import type { Plan, Procedure, Step } from '../resources/resource.ts'
import { differsBy, type Verdict } from '../resources/verdict.ts'
import { type Applied, converge, invalidate, noteOf } from './converge.ts'
import type { Outcome } from './events.ts'
import { Interrupted } from './interrupt.ts'
import { ok, outcomeOf, stillDiffers } from './outcome.ts'
import { membersOf, nodesOf, type Part, remarkOf, unreadIn } from './parts.ts'
import type { ClusterSession, TaskReporter } from './session.ts'
import { verify } from './verify.ts'

const defaultSettle = 30_000

interface PlanLook {
  outcome: Outcome
  steps: Step[]
}

interface Run {
  parts: Part<Procedure>[]
  session: ClusterSession
  reporter: TaskReporter
  /** Names of the completed steps. */
  done: string[]
  look(): Promise<PlanLook>
}

/** Plans a procedure on all nodes, and runs its steps one by one, reading after each. */
export const runProcedure = (
  procedure: Procedure,
  parts: Part<Procedure>[],
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Outcome> => {
  const [{ task }] = parts as [Part<Procedure>]
  const done: string[] = []
  const run = { parts, session, reporter, done, look: planner(procedure, parts, session, reporter, done) }
  return converge<PlanLook>(
    {
      task,
      hosts: parts.map(p => p.host),
      look: run.look,
      preview: async first => first.outcome,
      apply: wanted => takeSteps(wanted, run),
      notesItself: true,
    },
    session,
    reporter,
  )
}

/** Reads all nodes and plans; the aim of the first reading is kept. */
const planner = (
  procedure: Procedure,
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
  done: readonly string[],
): (() => Promise<PlanLook>) => {
  let aim: { value: unknown } | undefined
  return async () => {
    const members = await membersOf(parts, session, reporter)
    const hosts = members.map(m => m.host)
    const unread = procedure.allowMissing ? undefined : unreadIn(members)
    if (unread) return { outcome: outcomeOf(unread, procedure, hosts, session), steps: [] }
    aim ??= { value: procedure.aim(members) }
    const plan = procedure.plan(members, aim.value, done)
    return { outcome: outcomeOf(verdictOf(plan), procedure, hosts, session), steps: plan.kind === 'steps' ? plan.steps : [] }
  }
}

const verdictOf = (plan: Plan): Verdict => (plan.kind === 'steps' ? differsBy(plan.steps.flatMap(s => s.changes)) : plan)

const takeSteps = async (wanted: PlanLook, run: Run): Promise<Applied> => {
  const remarks: string[] = []
  for (let [step] = wanted.steps; step; ) {
    if (run.done.length > 0 && run.session.signal.aborted)
      throw new Interrupted(`interrupted before '${step.name}'; done: ${run.done.join(', ')}`, true)
    // A lease that ended since the last step is known by now.
    run.reporter.phase('lock')
    await run.session.beforeChange()
    await takeStep(step, run, remarks)
    const { steps } = await readBack(step, run)
    step = steps[0]
  }
  return { remark: remarkOf(remarks) }
}

const takeStep = async (step: Step, { parts, session, reporter, done }: Run, remarks: string[]): Promise<void> => {
  const [{ task }] = parts as [Part]
  const hosts = parts.map(p => p.host)
  reporter.phase('apply')
  reporter.progress({ text: step.name })
  try {
    await step.run(nodesOf(parts, session, reporter, remarks))
  } finally {
    // A failed step may have changed something too.
    invalidate(task.resource, hosts, session)
  }
  done.push(step.name)
  for (const { readings } of hosts) readings.note(noteOf(task, step.changes, session))
}

/** Reads until the plan starts with a step that has not been run yet, or has none. Throws `ApplyFailed` when that takes too long. */
const readBack = async (step: Step, { parts, session, reporter, done, look }: Run): Promise<PlanLook> => {
  const again = () => {
    for (const { host, task } of parts) host.readings.invalidate([task.resource.id])
  }
  let last: PlanLook | undefined
  const isPast = ({ outcome, steps: [next] }: PlanLook) => (next ? !done.includes(next.name) : outcome.status === 'ok')
  reporter.phase('verify')
  const outcome = await verify(
    async () => {
      last = await look()
      return isPast(last) ? ok : last.outcome
    },
    {
      again,
      late: () =>
        invalidate(
          (parts[0] as Part).task.resource,
          parts.map(p => p.host),
          session,
        ),
    },
    step.settle ?? defaultSettle,
    session.signal,
  )
  if (last && outcome.status === 'ok') return last
  throw notPast(outcome, last?.steps[0])
}

const notPast = ({ error, reason }: Outcome, next: Step | undefined): ApplyFailed =>
  next
    ? new ApplyFailed(`applied, but ${stillDiffers(next.changes)}`)
    : new ApplyFailed(error?.message ?? reason ?? 'it could not be read', { hint: error?.hint, detail: error?.detail })
