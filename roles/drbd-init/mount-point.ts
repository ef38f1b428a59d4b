import type { HostResource } from '../../lib/role-api/index.ts'
import { absent, differsBy, inSync, notRead, present, probeOf, simple, skip } from '../../lib/role-api/index.ts'
import { hasLine } from '../service/read-file.ts'

const probeScript = (path: string): string =>
  `if ${hasLine('/proc/mounts', `*' ${path} '*`)}; then echo mounted; elif [ -d ${path} ]; then lsattr -d ${path}; else echo absent; fi`

/**
 * The mount point, immutable while nothing is mounted: a write to it by mistake fails, instead of leaving files that the next mount hides.
 * chattr(1) needs a file system that supports the flag.
 */
export const mountPoint = (path: string): HostResource<{ immutable: boolean }> => ({
  scope: 'host',
  id: `mount point ${path}`,
  invalidates: 'itself',
  undo: [
    {
      what: path,
      from: 'immutable',
      to: 'a normal directory',
      isDue: `lsattr -d ${path} 2>/dev/null | grep -q '^[^ ]*i'`,
      sh: `chattr -i ${path}`,
    },
  ],
  probe: probeOf([simple(probeScript(path))], ({ code, stdout }) => {
    if (stdout === 'mounted\n') return skip('mounted here: the directory below cannot be checked')
    if (stdout === 'absent\n') return absent
    const flags = stdout.endsWith(` ${path}\n`) ? /^[-A-Za-z]+(?= )/.exec(stdout)?.[0] : undefined
    // lsattr fails on a file system without flags; otherwise its output has one form.
    if (code === 0 && flags === undefined) return notRead('unexpected output of lsattr')
    return code <= 1 ? present({ immutable: flags?.includes('i') ?? false }) : notRead(`lsattr ended with exit code ${code}`)
  }),
  compare(actual) {
    if (actual.kind === 'absent') return differsBy([{ attribute: 'directory', from: '', to: 'immutable' }])
    return actual.state.immutable ? inSync : differsBy([{ attribute: 'immutable', from: 'no', to: 'yes' }])
  },
  async apply($) {
    const guard = `grep -q ' ${path} ' /proc/mounts && exit 0; mkdir -p ${path}; [ -z "$(ls -A ${path})" ] || { echo "${path} is not empty" >&2; exit 1; }`
    await $`sh -c ${`${guard}; chattr +i ${path}`}`
  },
})
