import { blocksOf } from './blocks.ts'
import type { FileState } from './file.ts'
import { embedded, file, parseEmbedded } from './file.ts'
import { probeOf } from './probe.ts'
import { present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, inSync } from './verdict.ts'
import { writeScript } from './write-script.ts'

interface DropInState {
  file: { kind: 'absent' } | { kind: 'present'; state: FileState }
  /** The unit's files changed after systemd read them: systemctl(1), NeedDaemonReload. */
  unread: boolean
}

/**
 * Our settings for a packaged unit (systemd.unit(5), drop-in), loaded by systemd. They do not affect a running service: they apply from its
 * next start.
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
