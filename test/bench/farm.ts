import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sshd, startSshd } from '../e2e/ssh/sshd.ts'
import { slowLink } from './slow-link.ts'

export interface FarmHost {
  name: string
  address: string
  port: number
}

/** Simulated hosts on this machine: one sshd, and a loopback address for each. Only in a separate network namespace. */
export interface Farm {
  folder: string
  sshd: Sshd
  knownHosts: string
  hosts(count: number): FarmHost[]
  /** An address that does not answer at all, not even by refusing the connection. */
  dead: FarmHost
  /** Data to it and from it takes 50 ms. */
  slow: FarmHost
  /** The directory of a host's files. */
  folderOf(host: FarmHost): string
  stop(): Promise<void>
}

/** ms in each direction. */
export const slowBy = 50

/** The largest possible number. */
const most = 1000

export const startFarm = async (folder: string): Promise<Farm> => {
  // Packets for it are sent on the loopback interface, where nobody has the address.
  execFileSync('ip', ['route', 'add', '10.255.0.0/24', 'dev', 'lo'])
  const sshd = await startSshd(['ListenAddress 0.0.0.0', 'MaxStartups 4000:30:8000', 'MaxSessions 20', 'UseDNS no', 'LogLevel ERROR'])
  const link = await slowLink(sshd.port, slowBy)
  const slow = { name: 'slow', address: '127.0.0.1', port: link.port }
  const dead = { name: 'dead', address: '10.255.0.9', port: sshd.port }
  const all = Array.from({ length: most }, (_, i) => ({
    name: `h${i + 1}`,
    address: `127.1.${Math.floor(i / 250)}.${(i % 250) + 1}`,
    port: sshd.port,
  }))
  const knownHosts = join(folder, 'known_hosts')
  const key = sshd.hostKey('ed25519')
  writeFileSync(knownHosts, [...all, slow, dead].map(h => `[${h.address}]:${h.port} ${key}\n`).join(''))
  mkdirSync(join(folder, 'hosts'))
  return {
    folder,
    sshd,
    knownHosts,
    hosts: count => all.slice(0, count),
    dead,
    slow,
    folderOf: ({ name }) => join(folder, 'hosts', name),
    async stop() {
      await link.stop()
      await sshd.stop()
    },
  }
}
