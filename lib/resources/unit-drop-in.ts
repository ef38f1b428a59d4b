import { blocksOf } from './blocks.ts'
import type { FileState } from './file.ts'
import { embedded, file, parseEmbedded } from './file.ts'
import { probeOf } from './probe.ts'
import type { HostResource } from './resource.ts'
import { present } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, inSync } from './verdict.ts'
import { writeScript } from './write-script.ts'

interface DropInState {
  file: { kind: 'absent' } | { kind: 'present'; state: FileState }
  /** The files of the unit changed after systemd had read them: systemctl(1), NeedDaemonReload. */
  unread: boolean
}

/**
 * Settings of ours beside those of a unit's package (systemd.unit(5), drop-in), and systemd has read them. A service that runs goes on as it was
 * started: they hold from its next start.
 */
export const unitDropIn = (unit: string, content: string): HostResource<DropInState> => {
  const path = `/etc/systemd/system/${unit}.service.d/nfsha.conf`
  const wanted = file(path, { content })
  return {
    scope: 'host',
    id: `drop-in ${path}`,
    invalidates: 'host',
    probe: probeOf([...embedded('file', path), '@reload\n', { kind: 'unit', unit, properties: ['NeedDaemonReload'] }], ({ stdout }) => {
      const { file: text, reload } = blocksOf(stdout)
      const file = parseEmbedded(text)
      return file.kind === 'unknown' || file.kind === 'skipped'
        ? file
        : present({ file, unread: reload?.trim().replace('NeedDaemonReload=', '') === 'yes' })
    }),
    compare(actual) {
      if (actual.kind !== 'present') return inSync
      const verdict = wanted.compare(actual.state.file, () => undefined)
      if (verdict.kind !== 'in-sync' || !actual.state.unread) return verdict
      return differsBy([{ attribute: 'read by systemd', from: 'an older one', to: 'this one' }])
    },
    apply: scripted(() => ({
      what: `writing ${path}`,
      sh: `set -eu\n( ${writeScript(path, { content, mode: 0o644, owner: 'root', group: 'root' })})\nsystemctl daemon-reload`,
    })),
  }
}
