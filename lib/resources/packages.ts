import { runJob } from '../ssh/job.ts'
import { failedScript } from './outcome.ts'
import { quote } from './quote.ts'
import type { ApplyContext, Change, HostResource, Reading } from './resource.ts'
import { present } from './resource.ts'

export interface PackageState {
  name: string
  version: string
  installed: boolean
  held: boolean
}

interface PackagesResource extends HostResource<PackageState[]> {
  wanted: { names: string[]; hold: boolean }
}

/** dpkg-query(1) prints what it knows and complains about the rest: `name want status version`. */
export const parsePackages = (names: string[], stdout: string): PackageState[] =>
  names.map(name => {
    const line = stdout.split('\n').find(l => l.split(' ')[0] === name)
    const [, want = '', status = '', version = ''] = line?.split(' ') ?? []
    return { name, version, installed: status === 'installed', held: want === 'hold' }
  })

/**
 * Packages that are installed, and held when an upgrade at the wrong moment could disturb the service. Recommended packages stay out
 * (heartbeat recommends pacemaker). All packages of a play become one transaction; whether their services may start is the business of
 * `serviceGuard`. Debian: apt-get(8), apt-mark(8).
 */
export const packages = (names: string[], { hold = false }: { hold?: boolean } = {}): PackagesResource => ({
  scope: 'host',
  id: `package ${names.join(' ')}`,
  wanted: { names, hold },
  alters: 'host',
  probe: {
    sh: `dpkg-query -W -f '\${Package} \${db:Status-Want} \${db:Status-Status} \${Version}\\n' ${names.map(quote).join(' ')}`,
    parse: ({ stdout }): Reading<PackageState[]> => present(parsePackages(names, stdout)),
  },
  changes: actual => (actual.kind === 'present' ? packageChanges(actual.state, hold) : []),
  apply: (_$, _changes, context) => install([{ names, hold }], context),
  merge: {
    kind: 'packages',
    applyAll: (resources, _$, context) =>
      install(
        resources.map(r => (r as PackagesResource).wanted),
        context,
      ),
  },
})

/** Pure. */
export const packageChanges = (states: PackageState[], hold: boolean): Change[] =>
  states.flatMap(({ name, installed, held, version }) => {
    const changes: Change[] = []
    if (!installed) changes.push({ attribute: name, from: 'not installed', to: 'installed' })
    if (hold && !held) changes.push({ attribute: `${name} version`, from: installed ? `${version}, not held` : '', to: 'held' })
    return changes
  })

const install = async (wanted: { names: string[]; hold: boolean }[], { connection, progress, signal }: ApplyContext): Promise<void> => {
  const names = [...new Set(wanted.flatMap(w => w.names))]
  const held = [...new Set(wanted.flatMap(w => (w.hold ? w.names : [])))]
  let seen = 0
  // A job: it goes on when the connection is lost, and the next run takes it up again.
  const { code, output } = await runJob(connection, {
    id: 'packages',
    script: installScript(names, held),
    timeout: 1_800_000,
    signal,
    onOutput(text) {
      for (const [, step, name] of text.matchAll(/^(Unpacking|Setting up) (\S+)/gm)) {
        seen++
        progress({ text: `${step === 'Unpacking' ? 'unpack' : 'set up'} ${name} (${seen})` })
      }
    },
  })
  if (code !== 0)
    throw failedScript(
      `installing ${names.join(' ')}`,
      { code, stdout: output, stderr: '' },
      'look at /var/log/dpkg.log and the package sources',
    )
}

/** Lists are only fetched when a package is not known yet: this is the slow part on a fresh machine. */
const installScript = (names: string[], held: string[]): string => `set -eu
export DEBIAN_FRONTEND=noninteractive
o='-y --no-install-recommends -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300'
missing=
for p in ${names.map(quote).join(' ')}; do
  [ "$(dpkg-query -W -f '\${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
if [ -n "$missing" ]; then
  # An installation that was cut off is finished first, or apt refuses.
  dpkg --configure -a
  ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update
  apt-get install $o $missing || { apt-get update && apt-get install $o $missing; }
fi
${held.length > 0 ? `apt-mark hold ${held.map(quote).join(' ')} >/dev/null` : ''}
`
