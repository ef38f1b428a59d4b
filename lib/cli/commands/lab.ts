import { spawnSync } from 'node:child_process'
import { type Command, Option } from 'commander'
import {
  faults,
  type Init,
  isMachineName,
  labDown,
  labFault,
  labFencing,
  labPlaces,
  labSave,
  labStatus,
  labUp,
  type MachineName,
  parseReleases,
  releases,
  sshArguments,
} from '../../lab/index.ts'
import { complain, print } from '../../report/output.ts'
import { UsageError } from '../options.ts'

const machineOf = (word: string): MachineName => {
  if (isMachineName(word)) return word
  throw new UsageError(`no machine '${word}' in the lab: it has M1, M2 and C1`)
}

/** Prints one line per event, with the seconds since the start: booting machines takes a while. */
export const tellLab = () => {
  const started = Date.now()
  return ({ machine, text }: { machine?: string; text: string }) =>
    void complain(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${(machine ?? '').padEnd(3)} ${text}\n`)
}

const showStatus = async (name: string): Promise<void> => {
  const lab = await labStatus({ name })
  if (!lab) {
    print(`lab '${name}' does not exist: \`nfsha-play lab up\` creates it\n`)
    return
  }
  for (const [machine, { state, sshPort, uptimeSeconds, links, panics }] of Object.entries(lab.machines)) {
    const cables = Object.entries(links).map(([nic, link]) => `${nic} ${link}`)
    print(`${machine}  ${state.padEnd(7)}  ssh 127.0.0.1:${sshPort}  up ${Math.round(uptimeSeconds)} s  ${cables.join('  ')}\n`)
    for (const why of panics) print(`    its kernel panicked: ${why}\n`)
  }
  showInventory(name)
}

/** Prints the inventory file of the lab's machines, for `-i`. */
const showInventory = (name: string): void => print(`inventory: ${labPlaces(name).inventoryFile}\n`)

/** `nfsha-play lab ...`: the emulated machines. */
export const define = (lab: Command): void => {
  lab.description('emulated machines M1, M2 and C1 to try everything on')
  const named = (command: Command) => command.option('--name <name>', 'which lab', 'default')
  named(lab.command('up').description('boot the machines (builds their image the first time)'))
    .option('--from <saved>', 'start from a saved set of machines')
    .option('--release <release>', `the machines' Debian: ${releases.join(', ')}; or by machine: M1=bookworm,M2=trixie`)
    .addOption(new Option('--init <init>', 'what the machines boot with').choices(['systemd', 'sysvinit']))
    .action(async ({ name, from, init, release }: { name: string; from?: string; init?: Init; release?: string }) => {
      await labUp({
        name,
        onProgress: tellLab(),
        ...(from && { from }),
        ...(init && { init }),
        ...(release && { releases: parseReleases(release) }),
      })
      showInventory(name)
    })
  named(lab.command('down').description('stop the machines'))
    .option('--destroy', 'also remove their disks')
    .action(({ name, destroy }: { name: string; destroy?: boolean }) => labDown({ name, destroy: destroy ?? false, onProgress: tellLab() }))
  named(lab.command('status').description('show the state of the machines')).action(({ name }: { name: string }) => showStatus(name))
  named(lab.command('save <as>').description('power the machines off and keep them under a name, for `up --from`')).action(
    (as: string, { name }: { name: string }) => labSave({ name, as, onProgress: tellLab() }),
  )
  named(lab.command('fencing').description('install the plugin external/nfsha-lab on M1 and M2, so that each can reset the other')).action(
    ({ name }: { name: string }) => labFencing(name),
  )
  named(lab.command('ssh <machine> [command...]').description('a shell or a command on a machine')).action(
    (machine: string, command: string[], { name }: { name: string }) => {
      const { status } = spawnSync('ssh', [...sshArguments(name, machineOf(machine)), ...command], { stdio: 'inherit' })
      process.exitCode = status ?? 1
    },
  )
  named(
    lab.command('fault <fault> <words...>').description(`${faults.join(', ')}: \`fault power-off M1\`, \`fault link-down em2 M1\``),
  ).action(async (fault: string, words: string[], { name }: { name: string }) => {
    const known = faults.find(f => f === fault)
    if (!known) throw new UsageError(`unknown fault '${fault}': there are ${faults.join(', ')}`)
    const machine = machineOf(words.at(-1) ?? '')
    await labFault(name, machine, known, words.length > 1 ? words[0] : undefined)
  })
}
