/** The lab's three machines, with the article's names and addresses. */
export type MachineName = 'M1' | 'M2' | 'C1'

/** A network card of a lab machine: em0 belongs to the lab, the others are those of the article. */
export type NicName = 'em0' | 'em1' | 'em2' | 'em3'

/** The network segments between the machines; em0 is each machine's private connection to the host. */
export type SegmentName = Exclude<NicName, 'em0'>

interface Machine {
  name: MachineName
  /** The last byte of every MAC address. */
  index: number
  addresses: Partial<Record<SegmentName, string>>
  /** The NFS nodes carry the DRBD disk (vdb) and a small empty one (vdc). */
  dataDisks: boolean
}

export const machines: Record<MachineName, Machine> = {
  M1: { name: 'M1', index: 1, addresses: { em1: '192.168.0.210', em2: '172.16.0.210', em3: '172.16.100.210' }, dataDisks: true },
  M2: { name: 'M2', index: 2, addresses: { em1: '192.168.0.211', em2: '172.16.0.211', em3: '172.16.100.211' }, dataDisks: true },
  C1: { name: 'C1', index: 3, addresses: { em1: '192.168.0.50' }, dataDisks: false },
}

export const machineNames: readonly MachineName[] = ['M1', 'M2', 'C1']

/** One value for each machine. */
export const byMachine = <T>(make: (machine: MachineName) => T): Record<MachineName, T> => ({
  M1: make('M1'),
  M2: make('M2'),
  C1: make('C1'),
})

export const segmentNames: readonly SegmentName[] = ['em1', 'em2', 'em3']

/** The network card of 192.168.0.1, the article's gateway and ping node. */
export const gatewayCard = { address: '192.168.0.1', mac: '52:54:00:1a:01:fe' }

/** The NICs of a machine, in order. */
export const nicsOf = (machine: MachineName): NicName[] => ['em0', ...segmentNames.filter(segment => machines[machine].addresses[segment])]

/** The fixed MAC address by which a .link file names a card. */
export const macOf = (machine: MachineName, nic: NicName): string => `52:54:00:1a:0${nic.slice(2)}:0${machines[machine].index}`

/** Whether a word is the name of a lab machine. */
export const isMachineName = (word: string): word is MachineName => Object.hasOwn(machines, word)
