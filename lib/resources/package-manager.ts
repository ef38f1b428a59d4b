import { runJob } from '../ssh/job.ts'
import { failedScript } from './outcome.ts'
import type { Probe } from './reading.ts'
import type { ApplyContext, HostResource } from './resource.ts'
import { type Change, differsBy, inSync } from './verdict.ts'

export interface PackageState {
  name: string
  version: string
  installed: boolean
  held: boolean
}

export interface PackagesResource extends HostResource<PackageState[]> {
  wanted: Wanted
}

interface Wanted {
  names: string[]
  /** The subset of `names` to hold. */
  hold: string[]
}

/** The differences between the package managers. */
export interface PackageManager {
  probe(names: string[]): Probe<PackageState[]>
  /** Shell that installs the missing packages of `names` and holds `held`. */
  script(names: string[], held: string[]): string
  /** Shell that removes the hold of a package, if it has one. */
  unhold(name: string): { isDue: string; sh: string }
  /** A progress line of its output: the step, and the package. */
  step: RegExp
  /** What to check after a failure. */
  hint: string
}

/**
 * Installed packages, held if an upgrade at the wrong moment could disturb the service. All packages of a play become one transaction;
 * `serviceGuard` decides whether their services may start.
 */
export const packagesBy =
  (manager: PackageManager) =>
  (names: string[], { hold = [] }: { hold?: string[] } = {}): PackagesResource => ({
    scope: 'host',
    id: `package ${names.join(' ')}`,
    wanted: { names, hold },
    invalidates: 'host',
    undo: hold.map(name => ({ what: `package ${name}`, from: 'held', to: 'not held', ...manager.unhold(name) })),
    probe: manager.probe(names),
    compare: actual => (actual.kind === 'present' ? differsBy(packageChanges(actual.state, hold)) : inSync),
    apply: (_$, _changes, context) => install(manager, [{ names, hold }], context),
    merge: {
      kind: 'packages',
      applyAll: (resources, _$, context) =>
        install(
          manager,
          resources.map(r => (r as PackagesResource).wanted),
          context,
        ),
    },
  })

/** Pure: what must be installed or held. */
export const packageChanges = (states: PackageState[], hold: string[]): Change[] =>
  states.flatMap(({ name, installed, held, version }) => {
    const changes: Change[] = []
    if (!installed) changes.push({ attribute: name, from: 'not installed', to: 'installed' })
    if (hold.includes(name) && !held)
      changes.push({ attribute: `${name} version`, from: installed ? `${version}, not held` : '', to: 'held' })
    return changes
  })

const install = async (manager: PackageManager, wanted: Wanted[], { connection, progress, signal }: ApplyContext): Promise<void> => {
  const names = [...new Set(wanted.flatMap(w => w.names))]
  const held = [...new Set(wanted.flatMap(w => w.hold))]
  let seen = 0
  // A job: it continues when the connection is lost, and the next run adopts it.
  const { code, output } = await runJob(connection, {
    id: 'packages',
    script: manager.script(names, held),
    timeout: 1_800_000,
    signal,
    onOutput(text) {
      for (const [, step = '', name] of text.matchAll(manager.step)) progress({ text: `${step.toLowerCase()} ${name} (${++seen})` })
    },
  })
  if (code !== 0) throw failedScript(`installing ${names.join(' ')}`, { code, stdout: output, stderr: '' }, manager.hint)
}
