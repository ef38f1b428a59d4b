import type { FileState } from './file.ts'
import { octal, ownershipChanges, parseFile } from './file.ts'
import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, refused } from './verdict.ts'

/** A directory with this mode and owner; its content is not managed. */
export const directory = (
  path: string,
  { mode = 0o755, owner = 'root', group = 'root' }: { mode?: number; owner?: string; group?: string } = {},
): HostResource<FileState> => {
  const p = quote(path)
  return {
    scope: 'host',
    id: `directory ${path}`,
    invalidates: 'host',
    probe: probeOf([{ kind: 'file', path }], parseFile),
    compare(actual) {
      if (actual.kind === 'present' && actual.state.kind !== 'directory')
        return refused(`${path} is a ${actual.state.kind}, not a directory`)
      return differsBy(ownershipChanges(actual.kind === 'present' ? actual.state : undefined, { mode, owner, group }))
    },
    apply: scripted(
      () => ({
        what: `creating ${path}`,
        sh: `set -eu; mkdir -p ${p}; chown ${quote(`${owner}:${group}`)} ${p}; chmod ${octal(mode)} ${p}`,
      }),
      { kind: 'directory', path },
    ),
  }
}
