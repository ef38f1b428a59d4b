import { notBlank } from '../../lib/resources/blank.ts'
import { failedScript } from '../../lib/resources/outcome.ts'
import { minorOf } from '../../lib/resources/proc-drbd.ts'
import type { HostResource } from '../../lib/resources/resource.ts'
import { absent, present, unknown } from '../../lib/resources/resource.ts'
import { drbdPrograms, withDrbd } from '../drbd-tools.ts'
import type { Vars } from '../vars.ts'
import { backingDisk } from './config.ts'

interface Metadata {
  /** `drbd` when metadata is there; else what the disk holds, `blank` when nothing. */
  holds: string
}

/**
 * DRBD's metadata on the backing disk. It is made only on a disk that is known to be blank; a disk that holds anything is refused. The guard runs
 * again in the same script as create-md, immediately before it.
 */
export const metadata = (vars: Vars): HostResource<Metadata> => {
  const disk = backingDisk(vars)
  return {
    scope: 'host',
    id: `DRBD metadata ${vars.drbd_resource}`,
    alters: 'host',
    probe: {
      sh: withDrbd(
        vars,
        `command -v drbdadm >/dev/null || exit 45
if grep -q '^ *${minorOf(vars.drbd_device)}: cs:[A-TV-Z].* ds:[^D]' /proc/drbd 2>/dev/null; then echo drbd; exit; fi
o=$(drbdadm dump-md ${vars.drbd_resource} 2>&1)
case $o in *'version "v0'*|*unclean*|*'apply-al'*) echo drbd; exit ;; *'no resources defined'*|*'not defined'*|*'not found'*) exit 46 ;; esac
${notBlank}
r=$(not_blank ${disk}); echo "\${r:-blank}"`,
      ),
      parse({ code, stdout }) {
        if (code === 45) return unknown(drbdPrograms(vars))
        if (code === 46) return unknown(`file of resource ${vars.drbd_resource}`)
        const holds = stdout.trim()
        return holds === 'blank' ? absent : present({ holds })
      },
    },
    changes(actual) {
      if (actual.kind === 'absent') return [{ attribute: `metadata on ${disk}`, from: 'none, the disk is blank', to: 'created' }]
      if (actual.state.holds === 'drbd') return []
      return `${disk} is not blank (${actual.state.holds}): it is not touched. If its content is worth nothing, empty it yourself: wipefs -a ${disk}; dd if=/dev/zero of=${disk} bs=1M count=1`
    },
    async apply(_$, _changes, { connection }) {
      const result = await connection.run(
        withDrbd(
          vars,
          `${notBlank}
r=$(not_blank ${disk}); if [ -n "$r" ]; then echo "${disk} is not blank any more: $r" >&2; exit 1; fi
drbdadm create-md --force ${vars.drbd_resource}`,
        ),
        { timeout: 600_000 },
      )
      if (result.code !== 0) throw failedScript(`drbdadm create-md ${vars.drbd_resource}`, result)
    },
  }
}
