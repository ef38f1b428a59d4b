import { gatewayCard, type MachineName, machines, macOf, nicsOf, type SegmentName } from './machines.ts'

/** The network segments of a lab: its own multicast group, one port per segment, on the loopback only. */
export interface Segments {
  group: string
  ports: Record<SegmentName, number>
}

/** KVM where it really works, otherwise software emulation. */
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

// mitigations=off: the lab protects nothing, and mitigations are expensive on an emulated processor.
// tsc=reliable: on a busy host the kernel would distrust the TSC and fall back to a 24 bit timer, which loses 4.7 s if the machine is
// paused for longer than that.
// panic=-1: a panic reboots at once, as configured on the servers of the article.
// nokaslr, norandmaps: the emulator caches translated code by virtual address. With randomised addresses it would translate libc again at
// every exec: 36 ms for a fork and exec, 10 ms without.
const kernelArguments =
  'console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0 mitigations=off nokaslr norandmaps no_timer_check audit=0 random.trust_cpu=on clocksource=tsc tsc=reliable'

/**
 * The arguments of qemu-system-x86_64 for one machine.
 *
 * One processor, with room for a second that is never added: with a maximum of one, the emulator omits the memory barriers of `lock`
 * instructions (CF_PARALLEL, accel/tcg/tcg-accel-ops-mttcg.c) although its devices run in their own threads. A driver and its device then
 * miss each other's last update, and a network card hangs for good (seen: the driver was 238 frames ahead of a device that waited for a
 * notification).
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

// erms=off: with fast string instructions the kernel copies with `rep movsb`, which the emulator executes byte by byte. Without them a pipe
// has five times the throughput, and a fork and exec takes two thirds of the time. fsrm=off: QEMU 10 enables it by default, and Linux 6.1
// hangs in its first copy on a processor with fsrm but without erms.
const acceleratorArguments = (accelerator: Accelerator): string[] =>
  accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off,erms=off,fsrm=off']

/**
 * cache=unsafe is safe here. A power loss in the lab kills the emulator, never the host: on a guest's flush qemu still writes
 * everything it holds (qcow2 tables too) to the host's page cache, which outlives the process. Only the host's fsync is omitted,
 * and it would protect against nothing that the lab can simulate.
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

/** qemu splits option values at commas; a doubled comma is literal. */
const escapeComma = (path: string): string => path.replaceAll(',', ',,')

/** What the gateway needs to act as the nodes' power switch. */
export interface PowerSwitch {
  keyFile: string
  nodes: { name: MachineName; qmpSocket: string; marker: string }[]
}

/** The arguments of the process that plays the article's gateway (gateway.js). */
export const gatewayArguments = (script: string, marker: string, segments: Segments, power?: PowerSwitch): string[] => {
  const own = [script, marker, segments.group, `${segments.ports.em1}`, gatewayCard.address, gatewayCard.mac]
  return power ? [...own, power.keyFile, ...power.nodes.flatMap(node => [node.name, node.qmpSocket, node.marker])] : own
}

/** Whether a machine has disks besides its root disk. */
export const hasDataDisks = (machine: MachineName): boolean => machines[machine].dataDisks
