import type { HostResource } from './resource.ts'
import { present, unknown } from './resource.ts'
import type { ServiceOptions, ServiceState } from './service.ts'
import { serviceChanges } from './service.ts'

/**
 * Pure: one line of `chkconfig --list NAME` and the exit code of the init script's `status`. A script that chkconfig does not know yet is off: "supports
 * chkconfig, but is not referenced in any runlevel". chkconfig(8); the LSB's status 0 is "runs".
 */
export const parseSysvService = (stdout: string): ServiceState => {
  const enabled = /^\S+\s+0:\w+.*\s3:on\b/m.test(stdout)
  const active = /^status 0$/m.test(stdout)
  return { loaded: 'loaded', active: active ? 'active' : 'inactive', enabled: enabled ? 'enabled' : 'disabled' }
}

/** A service of SysV init: /etc/init.d and chkconfig. There is no masking; what would be masked is off at boot. */
export const sysvService = (name: string, { masked, from, ...options }: ServiceOptions): HostResource<ServiceState> => {
  const wanted: ServiceOptions = masked ? { ...options, enabled: false } : options
  return {
    scope: 'host',
    id: `service ${name}`,
    alters: 'host',
    settle: 10_000,
    probe: {
      sh: `[ -x /etc/init.d/${name} ] || exit 45
/sbin/chkconfig --list ${name} 2>&1; /etc/init.d/${name} status >/dev/null 2>&1; echo "status $?"`,
      parse: ({ code, stdout }) => (code === 45 ? unknown(from ?? `the package that brings ${name}`) : present(parseSysvService(stdout))),
    },
    changes: actual => (actual.kind === 'present' ? serviceChanges(actual.state, wanted) : []),
    async apply($, changes) {
      for (const { attribute, to } of changes) {
        if (attribute === 'boot') await $`/sbin/chkconfig --add ${name}; /sbin/chkconfig ${name} ${to === 'enabled' ? 'on' : 'off'}`
        if (attribute === 'running') await $`/etc/init.d/${name} ${to === 'yes' ? 'start' : 'stop'}`
      }
    },
  }
}
