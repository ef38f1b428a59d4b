import { runJob } from '../ssh/job.ts'
import { failedScript } from './outcome.ts'
import type { ApplyContext, Change, HostResource, Probe } from './resource.ts'
import { differsBy, inSync } from './verdict.ts'

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
  /** Those of them that are held. */
  hold: string[]
}

/** What differs between the package managers. */
export interface PackageManager {
  probe(names: string[]): Probe<PackageState[]>
  /** Installs what is missing of `names`, holds `held`. */
  script(names: string[], held: string[]): string
  /** Shell that takes the hold of a package off, where it has one. */
  unhold(name: string): { isDue: string; sh: string }
  /** A line of its output that says how far it is: the step, and the package. */
  step: RegExp
  /** What to look at when it failed. */
  hint: string
}

/**
 * Packages that are installed, and held when an upgrade at the wrong moment could disturb the service. All packages of a play become one
 * transaction; whether their services may start is the business of `serviceGuard`.
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

/** Pure. */
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
  // A job: it goes on when the connection is lost, and the next run takes it up again.
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
