import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { absent, notRead, present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { simple } from './source.ts'
import { differsBy, inSync, refused } from './verdict.ts'

/** A kernel module that is loaded now. Loading it at boot is a separate resource, a file in /etc/modules-load.d. */
export const kernelModule = (name: string): HostResource<true> => ({
  scope: 'host',
  id: `kernel module ${name}`,
  invalidates: 'host',
  probe: probeOf([simple(`[ -d /sys/module/${name} ]`)], ({ code, stdout }) =>
    code > 1 || stdout !== '' ? notRead('unexpected answer of the kernel') : code === 0 ? present(true) : absent,
  ),
  compare: actual => (actual.kind === 'present' ? inSync : differsBy([{ attribute: 'loaded', from: 'no', to: 'yes' }])),
  apply: scripted(() => ({ what: `loading the module ${name}`, sh: `modprobe ${quote(name)}` })),
})

/** The current value of a kernel setting. Setting it at boot is a separate resource, a file in /etc/sysctl.d. */
export const sysctl = (key: string, value: string): HostResource<string> => {
  const path = `/proc/sys/${key.replaceAll('.', '/')}`
  return {
    scope: 'host',
    id: `sysctl ${key}`,
    invalidates: 'host',
    probe: {
      sh: `[ -e ${quote(path)} ] || exit 44; cat ${quote(path)}`,
      parse: ({ code, stdout }) => (code === 44 ? absent : present(stdout.trim().replace(/\s+/g, ' '))),
    },
    compare(actual) {
      if (actual.kind === 'absent') return refused(`this kernel has no ${key}`)
      return actual.state === value ? inSync : differsBy([{ attribute: key, from: actual.state, to: value }])
    },
    apply: scripted(() => ({ what: `setting ${key}`, sh: `printf '%s\\n' ${quote(value)} > ${quote(path)}` })),
  }
}
