import type { Change, ClusterResource, Unknown } from '../../lib/role-api/index.ts'
import { differsBy, failedScript, notRead, present, refused, skip, statesOf, unknown, unknownOn } from '../../lib/role-api/index.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { drbdPrograms, withDrbd } from '../service/drbd/tools.ts'
import { hasLine } from '../service/read-file.ts'
import type { Vars } from '../vars.ts'

interface Difference {
  /** The commands that `drbdadm adjust` would run. */
  commands: string[]
  standAlone: boolean
  /** The name under which the disk is attached, if that is another name of the declared disk. */
  alias?: string
}

type Named = Difference & { host: string }

/** The commands in the output of `drbdadm -d adjust`, without comments and empty lines. */
export const parseAdjust = (stdout: string): string[] =>
  stdout
    .split('\n')
    .map(l => l.trim())
    .filter(l => /^drbd(setup|meta|adm)/.test(l))

/** `drbdadm adjust` reattaches a disk whose name in the file has changed: it compares names, not devices. */
const reattaches = (command: string): boolean => / (detach|attach) |^drbdmeta .* apply-al$/.test(command)

/** Pure: the commands left to run on a node. An attached disk stays attached, whatever its name. */
export const commandsFor = ({ commands, alias }: Pick<Difference, 'commands' | 'alias'>): string[] =>
  alias === undefined ? commands : commands.filter(command => !reattaches(command))

const isNetOption = (command: string): boolean => /^drbdsetup\S* net-options /.test(command)

const splitBrain =
  'DRBD is StandAlone: the nodes do not replicate. If both were Primary at the same time, this is a split brain: look at `dmesg | grep drbd` on both nodes before you reconnect; split-brain.yml shows both copies and resolves it'

/**
 * The kernel runs the resource as its file declares: attached, connected, with the same options. A connection that DRBD gave up
 * (StandAlone) is never re-established here: it may be a split brain, and the operator decides whose data to keep. Both nodes are adjusted
 * at the same time: nodes whose net options differ refuse each other at the next connect, so net options wait until both nodes are
 * reachable.
 */
export const adjusted = (vars: Vars, dependsOn: string[]): ClusterResource<Difference> => ({
  scope: 'cluster',
  id: `DRBD resource ${vars.drbd_resource}`,
  allowMissing: true,
  dependsOn,
  invalidates: 'cluster',
  settle: 20_000,
  probe: {
    sh: withDrbd(
      vars,
      `command -v drbdadm >/dev/null || exit 45
[ -e /proc/drbd ] || exit 46
${hasLine('/proc/drbd', "*' cs:StandAlone '*")} && echo @standalone
o=$(drbdadm -d adjust ${vars.drbd_resource} 2>&1); c=$?
case $o in *' attach '*)
  a=$(drbdsetup show ${vars.drbd_resource} 2>/dev/null | sed -n 's/^ *disk[[:space:]]*"\\(.*\\)";$/\\1/p')
  if [ -n "$a" ] && n=$(stat -Lc %t:%T "$a" 2>/dev/null) && [ "$n" = "$(stat -Lc %t:%T ${backingDisk(vars)} 2>/dev/null)" ]; then echo "@alias $a"; fi ;;
esac
printf '%s\\n' "$o"; exit $c`,
    ),
    parse({ code, stdout }) {
      if (code === 45) return unknown(drbdPrograms(vars))
      if (code === 46) return unknown('kernel module drbd')
      if (code !== 0) return notRead(`${refusedConfig}: ${stdout.trim().split('\n').slice(-2).join(' ')}`)
      const alias = /^@alias (.+)$/m.exec(stdout)?.[1]
      return present({ commands: parseAdjust(stdout), standAlone: /^@standalone$/m.test(stdout), ...(alias !== undefined && { alias }) })
    },
  },
  compare(members) {
    const states = statesOf(members)
    const first = members.find(m => m.reading.kind === 'unknown')
    // An unreachable node is ignored; one that is reachable but cannot be read yet is not.
    if (first?.reading.kind === 'unknown' && (states.length === 0 || isOfThisNode(first.reading, vars)))
      return unknownOn(first.host, first.reading)
    const differing = states.filter(s => commandsFor(s).length > 0)
    if (differing.some(s => s.standAlone)) return refused(splitBrain)
    const away = members.find(m => m.reading.kind !== 'present')
    if (away && differing.length > 0 && differing.every(s => commandsFor(s).every(isNetOption)))
      return skip(`net options are changed on both nodes at once, but ${away.host} was not read`)
    return differsBy(differing.flatMap(changesOf))
  },
  async apply(nodes, _changes, members) {
    const differing = statesOf(members).filter(s => commandsFor(s).length > 0)
    const results = await Promise.all(
      differing.map(s => nodes.on(s.host).connection.run(withDrbd(vars, adjustScript(s, vars)), { timeout: 120_000 })),
    )
    for (const [i, result] of results.entries())
      if (result.code !== 0) throw failedScript(`drbdadm adjust ${vars.drbd_resource} on ${differing[i]?.host}`, result)
  },
})

const refusedConfig = 'drbdadm does not accept the configuration'

/** Whether something on the node is missing or wrong, rather than the node being unreachable. */
const isOfThisNode = ({ until, why }: Unknown, vars: Vars): boolean =>
  until === undefined ? why.startsWith(refusedConfig) : [drbdPrograms(vars), 'kernel module drbd'].includes(until)

const changesOf = (state: Named): Change[] =>
  commandsFor(state).map(command => ({
    attribute: 'kernel',
    host: state.host,
    from: 'differs',
    to: command.replace(/--shared-secret=\S+/, '--shared-secret=***'),
  }))

/**
 * With an alias the node itself runs the printed commands, except those that would detach the disk; they contain the secret, so they do not
 * leave the node.
 */
const adjustScript = ({ alias }: Difference, { drbd_resource: resource }: Vars): string =>
  alias === undefined
    ? `drbdadm adjust ${resource}`
    : `drbdadm -d adjust ${resource} | grep '^drbd' | grep -vE ' (detach|attach) |^drbdmeta .* apply-al$' | sh -eu`
