import type { HostResource } from '../../lib/resources/resource.ts'
import { present, unknown } from '../../lib/resources/resource.ts'
import { drbdProgram, drbdPrograms, withDrbd } from '../drbd-tools.ts'
import type { Vars } from '../vars.ts'

interface Difference {
  /** The commands that `drbdadm adjust` would run. */
  commands: string[]
  standAlone: boolean
}

/** `drbdadm -d adjust` prints what it would do; comments and empty lines are not commands. */
export const parseAdjust = (stdout: string): string[] =>
  stdout
    .split('\n')
    .map(l => l.trim())
    .filter(l => /^drbd(setup|meta|adm)/.test(l))

/**
 * The kernel runs the resource as its file says: attached, connected, every option the same. A connection that DRBD gave up (StandAlone)
 * is never taken up again here: it may be a split brain, and which side's data to keep is the operator's word.
 */
export const adjusted = (vars: Vars): HostResource<Difference> => ({
  scope: 'host',
  id: `DRBD resource ${vars.drbd_resource}`,
  alters: 'cluster',
  settle: 20_000,
  probe: {
    sh: withDrbd(
      vars,
      `command -v drbdadm >/dev/null || exit 45
[ -e /proc/drbd ] || exit 46
grep -q ' cs:StandAlone ' /proc/drbd && echo @standalone
drbdadm -d adjust ${vars.drbd_resource} 2>&1`,
    ),
    parse({ code, stdout }) {
      if (code === 45) return unknown(drbdPrograms(vars))
      if (code === 46) return unknown('kernel module drbd')
      if (code !== 0) return unknown(`a configuration that drbdadm accepts: ${stdout.trim().split('\n').slice(-2).join(' ')}`)
      return present({ commands: parseAdjust(stdout), standAlone: stdout.startsWith('@standalone') })
    },
  },
  changes(actual) {
    if (actual.kind === 'absent' || actual.state.commands.length === 0) return []
    if (actual.state.standAlone)
      return `DRBD is StandAlone: the nodes do not replicate. If both were Primary at a time this is a split brain: look at \`dmesg | grep drbd\` on both nodes before you reconnect; split-brain.yml takes you through it`
    return actual.state.commands.map(command => ({
      attribute: 'kernel',
      from: 'differs',
      to: command.replace(/--shared-secret=\S+/, '--shared-secret=***'),
    }))
  },
  async apply($) {
    await $`${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}`
  },
})
