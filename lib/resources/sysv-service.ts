import { notRead, present, unknown } from './reading.ts'
import type { HostResource } from './resource.ts'
import type { ServiceOptions, UnitState } from './service.ts'
import { serviceChanges } from './service.ts'
import { differsBy, inSync } from './verdict.ts'

/** How services are enabled in the run levels of the boot. */
export interface RunLevels {
  /** Shell that prints the boot setting of a service. */
  read(name: string): string
  /** Pure: whether the boot starts it, from the output of `read`. */
  isOn(name: string, stdout: string): boolean
  /** Two commands: the first registers the service, the second enables or disables it. */
  turn(name: string, on: boolean): [string[], string[]]
  /** Shell that unregisters the service. */
  forget(name: string): string
}

/** chkconfig(8). An unregistered script is off: "supports chkconfig, but is not referenced in any runlevel". */
export const chkconfig: RunLevels = {
  read: name => `/sbin/chkconfig --list ${name} 2>&1`,
  isOn: (_name, stdout) => /^\S+\s+0:\w+.*\s3:on\b/m.test(stdout),
  turn: (name, on) => [
    ['/sbin/chkconfig', '--add', name],
    ['/sbin/chkconfig', name, on ? 'on' : 'off'],
  ],
  forget: name => `/sbin/chkconfig --del ${name}`,
}

/** update-rc.d(8) of Debian, whose multi-user run level is 2. `disable` fails without links, so they are created first. */
export const updateRcd: RunLevels = {
  read: name => `echo /etc/rc2.d/S[0-9][0-9]${name}`,
  isOn: (name, stdout) => new RegExp(`^/etc/rc2\\.d/S\\d\\d${name}$`, 'm').test(stdout),
  turn: (name, on) => [
    ['update-rc.d', name, 'defaults'],
    ['update-rc.d', name, on ? 'enable' : 'disable'],
  ],
  forget: name => `update-rc.d -f ${name} remove`,
}

/** Pure: parses the boot setting and the exit code of the init script's `status`; LSB status 0 means running. */
export const parseSysvService = (name: string, { isOn }: RunLevels, stdout: string): UnitState => {
  const active = /^status 0$/m.test(stdout)
  return { loaded: 'loaded', active: active ? 'active' : 'inactive', enabled: isOn(name, stdout) ? 'enabled' : 'disabled' }
}

/** A SysV init service: a script in /etc/init.d. Masking does not exist; a service to mask is disabled at boot instead. */
export const sysvService =
  (levels: RunLevels) =>
  (name: string, { masked, from, ...options }: ServiceOptions): HostResource<UnitState> => {
    const wanted: ServiceOptions = masked ? { ...options, enabled: false } : options
    return {
      scope: 'host',
      id: `service ${name}`,
      invalidates: 'host',
      settle: 10_000,
      probe: {
        sh: `[ -x /etc/init.d/${name} ] || exit 45
${levels.read(name)}; /etc/init.d/${name} status >/dev/null 2>&1; echo "status $?"`,
        parse: ({ code, stdout }) =>
          code === 45
            ? unknown(from ?? `the package that provides ${name}`)
            : /^status \d+$/m.test(stdout)
              ? present(parseSysvService(name, levels, stdout))
              : notRead(`unexpected answer of /etc/init.d/${name}`),
      },
      compare: actual => (actual.kind === 'present' ? differsBy(serviceChanges(actual.state, wanted)) : inSync),
      async apply($, changes) {
        for (const { attribute, to } of changes) {
          if (attribute === 'boot') {
            const [known, switched] = levels.turn(name, to === 'enabled')
            await $`${known} && ${switched}`
          }
          if (attribute === 'running') await $`/etc/init.d/${name} ${to === 'yes' ? 'start' : 'stop'}`
        }
      },
    }
  }
