import type { PackageState } from './package-manager.ts'
import { packagesBy } from './package-manager.ts'
import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { present } from './reading.ts'

/** Parses dpkg-query(1), which prints only the packages that it knows: `name want status version`. */
export const parsePackages = (names: string[], stdout: string): PackageState[] =>
  names.map(name => {
    const line = stdout.split('\n').find(l => l.split(' ')[0] === name)
    const [, want = '', status = '', version = ''] = line?.split(' ') ?? []
    return { name, version, installed: status === 'installed', held: want === 'hold' }
  })

/** Package lists are fetched only if a package is unknown: that is the slow part on a fresh machine. */
const installScript = (names: string[], held: string[]): string => `set -eu
export DEBIAN_FRONTEND=noninteractive
o='-y --no-install-recommends -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300'
missing=
for p in ${names.map(quote).join(' ')}; do
  [ "$(dpkg-query -W -f '\${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
if [ -n "$missing" ]; then
  # An interrupted installation is finished first, or apt refuses. If a package cannot be configured before others are unpacked, apt knows which.
  dpkg --configure -a || apt-get $o --fix-broken install
  ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update
  apt-get install $o $missing || { apt-get update && apt-get install $o $missing; }
fi
${held.length > 0 ? `apt-mark hold ${held.map(quote).join(' ')} >/dev/null` : ''}
`

/**
 * Debian's packages: apt-get(8), apt-mark(8). Recommended packages are not installed (heartbeat recommends pacemaker).
 */
export const packages = packagesBy({
  probe: names => probeOf([{ kind: 'packages', names }], ({ stdout }) => present(parsePackages(names, stdout))),
  script: installScript,
  unhold: name => ({ isDue: `apt-mark showhold ${quote(name)} | grep -q .`, sh: `apt-mark unhold ${quote(name)} >/dev/null` }),
  step: /^(Unpacking|Setting up) (\S+)/gm,
  hint: 'look at /var/log/dpkg.log and the package sources',
})
