import type { CpioEntry } from './cpio.ts'
import { type MachineName, machines, macOf, nicsOf, segmentNames } from './machines.ts'

/** What distinguishes a machine from others with the same image. */
export interface MachineIdentity {
  machineId: string
  /** The private and the public half of its ssh host key. */
  hostKey: string
  hostKeyPublic: string
  /** The lab's key, which root and ops accept. */
  authorizedKey: string
}

const userNet = { address: '10.0.2.15', gateway: '10.0.2.2', nameserver: '10.0.2.3' }
const opsUid = 1000

/** /etc/network/interfaces: em0 connects to the host and the Debian archive, em1 to em3 are those of the article. */
export const renderInterfaces = (machine: MachineName): string => {
  const stanzas = ['auto lo\niface lo inet loopback\n']
  stanzas.push(`auto em0\niface em0 inet static\n    address ${userNet.address}/24\n    gateway ${userNet.gateway}\n`)
  for (const segment of segmentNames) {
    const address = machines[machine].addresses[segment]
    if (address) stanzas.push(`auto ${segment}\niface ${segment} inet static\n    address ${address}/24\n`)
  }
  return stanzas.join('\n')
}

/** Every file a machine gets on its first boot, as archive entries under seed/. */
export const seedEntries = (machine: MachineName, identity: MachineIdentity): CpioEntry[] => {
  const file = (path: string, content: string, permissions = 0o644, uid = 0): CpioEntry => ({
    path,
    content,
    mode: 0o100000 | permissions,
    uid,
  })
  const folder = (path: string, permissions = 0o755, uid = 0): CpioEntry => ({ path, mode: 0o040000 | permissions, uid })
  const links = nicsOf(machine).map(nic =>
    file(`etc/systemd/network/10-${nic}.link`, `[Match]\nMACAddress=${macOf(machine, nic)}\n\n[Link]\nName=${nic}\n`),
  )
  const entries = [
    // these folders exist already: each entry must repeat the mode and owner that Debian gave it
    folder('root', 0o700),
    folder('root/.ssh', 0o700),
    folder('home/ops', 0o700, opsUid),
    folder('home/ops/.ssh', 0o700, opsUid),
    file('etc/hostname', `${machine}\n`),
    file('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${machine}\n`),
    file('etc/machine-id', `${identity.machineId}\n`, 0o444),
    file('etc/resolv.conf', `nameserver ${userNet.nameserver}\n`),
    file('etc/network/interfaces', renderInterfaces(machine)),
    file('etc/ssh/ssh_host_ed25519_key', identity.hostKey, 0o600),
    file('etc/ssh/ssh_host_ed25519_key.pub', identity.hostKeyPublic),
    file('root/.ssh/authorized_keys', identity.authorizedKey, 0o600),
    file('home/ops/.ssh/authorized_keys', identity.authorizedKey, 0o600, opsUid),
    ...links,
  ]
  return withParents(entries).map(entry => ({ ...entry, path: entry.path ? `seed/${entry.path}` : 'seed' }))
}

/** The kernel does not create missing folders: each must come before its contents. */
const withParents = (entries: CpioEntry[]): CpioEntry[] => {
  const known = new Set(entries.map(entry => entry.path))
  const parents: CpioEntry[] = [{ path: '', mode: 0o040755 }]
  for (const { path } of entries) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/')
      if (!known.has(parent)) parents.push({ path: parent, mode: 0o040755 })
      known.add(parent)
    }
  }
  return [...parents, ...entries]
}
