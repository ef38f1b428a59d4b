import { gatewayCard, type MachineName, machines, macOf, nicsOf, type SegmentName } from './machines.ts'

/** Where a lab's segments are: one multicast group of its own, one port a segment, on the loopback only. */
export interface Segments {
  group: string
  ports: Record<SegmentName, number>
}

/** KVM where it really works, else software emulation. */
export type Accelerator = 'kvm' | 'tcg'

export interface MachineLaunch {
  machine: MachineName
  /** Marks the process as this lab's; see processes.ts. */
  marker: string
  accelerator: Accelerator
  memoryMiB: number
  sshPort: number
  segments: Segments
  kernel: string
  initrd: string
  rootDisk: string
  dataDisks: readonly string[]
  qmpSocket: string
  serialLog: string
}

// mitigations=off: the lab guards nothing, and each mitigation costs an emulated processor dearly.
// tsc=reliable: on a busy host the kernel distrusts it and falls back to a 24 bit timer, which loses 4.7 s whenever the machine stood still longer.
// panic=-1: a panic reboots at once, as the article's servers are told to.
// nokaslr, norandmaps: the emulator keeps what it has translated by virtual address, so with programs at ever new addresses it translated libc
// again at every exec: 36 ms for a fork and exec, 10 ms without.
const kernelArguments =
  'console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0 mitigations=off nokaslr norandmaps no_timer_check audit=0 random.trust_cpu=on clocksource=tsc tsc=reliable'

/**
 * The arguments of qemu-system-x86_64 for one machine.
 *
 * One processor, and room for another that never comes: for a machine that can have but one, the emulator leaves out the memory barriers of `lock`
 * instructions (CF_PARALLEL, accel/tcg/tcg-accel-ops-mttcg.c), and its devices are threads of their own. A driver and its device then miss each other's
 * last word, and a network card hangs for good (seen: the driver was 238 frames ahead of a device that waited to be told).
 */
export const emulatorArguments = (launch: MachineLaunch): string[] => [
  ...['-name', `guest=${launch.marker}`],
  ...['-no-user-config', '-nodefaults', '-display', 'none', '-machine', 'pc,usb=off,hpet=off'],
  ...acceleratorArguments(launch.accelerator),
  ...['-m', `${launch.memoryMiB}`, '-smp', '1,maxcpus=2'],
  ...['-kernel', launch.kernel, '-initrd', launch.initrd, '-append', kernelArguments],
  ...[launch.rootDisk, ...launch.dataDisks].flatMap(diskArguments),
  ...nicsOf(launch.machine).flatMap(nic => {
    const backend = nic === 'em0' ? userNet(launch.sshPort) : segmentNet(launch.segments, nic)
    return [
      '-netdev',
      `${backend},id=${nic}`,
      '-device',
      `virtio-net-pci,netdev=${nic},id=nic-${nic},mac=${macOf(launch.machine, nic)},romfile=`,
    ]
  }),
  ...['-qmp', `unix:${escapeComma(launch.qmpSocket)},server=on,wait=off`],
  ...['-chardev', `file,id=serial,path=${escapeComma(launch.serialLog)},append=on`, '-serial', 'chardev:serial'],
]

// erms=off: with fast string instructions the kernel copies by `rep movsb`, which the emulator does byte by byte. Without them a pipe carries five times as
// much, and a fork and exec takes two thirds. fsrm=off: QEMU 10 offers it by itself, and Linux 6.1 hangs in its first copy on a processor that has fsrm without
// erms.
const acceleratorArguments = (accelerator: Accelerator): string[] =>
  accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off,erms=off,fsrm=off']

/**
 * cache=unsafe is honest here. A power loss in the lab is the end of the emulator, never of the host: at a guest's flush qemu
 * still hands all it holds (qcow2 tables too) to the host's page cache, which outlives the process. Only the host's own fsync
 * is left out, and that would protect against nothing the lab can do.
 */
const diskArguments = (file: string, index: number): string[] => {
  const name = `vd${'abc'[index]}`
  return [
    ...['-drive', `file=${escapeComma(file)},if=none,id=${name},format=qcow2,cache=unsafe,discard=unmap`],
    ...['-device', `virtio-blk-pci,drive=${name},serial=${name}`],
  ]
}

const userNet = (sshPort: number): string => `user,ipv6=off,hostfwd=tcp:127.0.0.1:${sshPort}-:22`

const segmentNet = (segments: Segments, segment: SegmentName): string =>
  `socket,mcast=${segments.group}:${segments.ports[segment]},localaddr=127.0.0.1`

/** qemu splits its option values at commas; a doubled one stands for itself. */
const escapeComma = (path: string): string => path.replaceAll(',', ',,')

/** What the gateway needs to be the nodes' power switch. */
export interface PowerSwitch {
  keyFile: string
  nodes: { name: MachineName; qmpSocket: string; marker: string }[]
}

/** The arguments of the process that answers as the article's gateway (gateway.js). */
export const gatewayArguments = (script: string, marker: string, segments: Segments, power?: PowerSwitch): string[] => {
  const own = [script, marker, segments.group, `${segments.ports.em1}`, gatewayCard.address, gatewayCard.mac]
  return power ? [...own, power.keyFile, ...power.nodes.flatMap(node => [node.name, node.qmpSocket, node.marker])] : own
}

/** Whether a machine has disks beside its root. */
export const hasDataDisks = (machine: MachineName): boolean => machines[machine].dataDisks
