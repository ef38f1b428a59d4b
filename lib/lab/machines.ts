/** The lab's three machines, with the article's names and addresses. */
export type MachineName = 'M1' | 'M2' | 'C1'

/** A network card of a lab machine: em0 is the runner's own, the others are the article's. */
export type NicName = 'em0' | 'em1' | 'em2' | 'em3'

/** The segments that join the machines; em0 is each machine's private way to the host. */
export type SegmentName = Exclude<NicName, 'em0'>

interface Machine {
  name: MachineName
  /** The last byte of every MAC address. */
  index: number
  addresses: Partial<Record<SegmentName, string>>
  /** The NFS nodes carry the DRBD disk (vdb) and a small empty one (vdc). */
  dataDisks: boolean
}

export const MACHINES: Record<MachineName, Machine> = {
  M1: { name: 'M1', index: 1, addresses: { em1: '192.168.0.210', em2: '172.16.0.210', em3: '172.16.100.210' }, dataDisks: true },
  M2: { name: 'M2', index: 2, addresses: { em1: '192.168.0.211', em2: '172.16.0.211', em3: '172.16.100.211' }, dataDisks: true },
  C1: { name: 'C1', index: 3, addresses: { em1: '192.168.0.50' }, dataDisks: false },
}

export const MACHINE_NAMES: readonly MachineName[] = ['M1', 'M2', 'C1']

/** One value for each machine. */
export function byMachine<T>(make: (machine: MachineName) => T): Record<MachineName, T> {
  return { M1: make('M1'), M2: make('M2'), C1: make('C1') }
}

export const SEGMENT_NAMES: readonly SegmentName[] = ['em1', 'em2', 'em3']

/** What answers as 192.168.0.1, the article's gateway and ping node. */
export const GATEWAY = { address: '192.168.0.1', mac: '52:54:00:1a:01:fe' }

/** The NICs a machine has, in order. */
export function nicsOf(machine: MachineName): NicName[] {
  return ['em0', ...SEGMENT_NAMES.filter(segment => MACHINES[machine].addresses[segment])]
}

/** The fixed MAC address by which a .link file names a card. */
export function macOf(machine: MachineName, nic: NicName): string {
  return `52:54:00:1a:0${nic.slice(2)}:0${MACHINES[machine].index}`
}

/** Whether a word names a machine of the lab. */
export function isMachineName(word: string): word is MachineName {
  return Object.hasOwn(MACHINES, word)
}
