import type { Vars } from '../../vars.ts'
import { backingDisk } from '../drbd/disk.ts'

/** Conditions around the service on one node. */
export interface Surroundings {
  /** MAC addresses that answer this node for the virtual IP; a node never hears itself. */
  answers: string[]
  mac: string
  /** Ping nodes that do not answer. */
  silentPings: string[]
  /** Why `nfsha watch` does not work; undefined when it does, or is not configured. */
  watch: string | undefined
  /** What would use the backing disk or the replicated device behind heartbeat's back. */
  claims: string[]
  /** What restarts the machine or services automatically. */
  automatic: string[]
  /** NFS clients with one name and several addresses. */
  twins: string[]
  /** Addresses of the NFSv4 clients that nfsd knows. */
  clients: string[]
}

const linesOf = (text = ''): string[] => text.split('\n').filter(l => l.trim() !== '')

/** Pure. */
export const parseSurroundings = (blocks: Record<string, string>, vars: Vars): Surroundings => ({
  answers: [...new Set(linesOf(blocks.answers).map(mac => mac.trim().toLowerCase()))].sort(),
  mac: (blocks.mac ?? '').trim().toLowerCase(),
  silentPings: linesOf(blocks.pings).flatMap(line => (line.endsWith(' dead') ? [line.split(' ')[0] ?? ''] : [])),
  watch: watchProblem(blocks.watch ?? ''),
  claims: claimsOf(blocks, vars),
  automatic: automaticOf(blocks.automatic ?? ''),
  twins: twinsOf(blocks.clients ?? ''),
  clients: clientsOf(blocks.clients ?? ''),
})

/** Seconds without a tick after which the watch counts as hanging: a takeover or a recovery takes less. */
const watchLimit = 120

/** `PID NAME TICK UPTIME`, the tick in hundredths of a second; a second line if a watch is configured. */
const watchProblem = (text: string): string | undefined => {
  const [words = '', wanted] = linesOf(text)
  if (wanted === undefined) return undefined
  const [pid = '-', name = '-', tick = '-', uptime = '0'] = words.split(' ')
  if (pid === '-') return 'never started since the boot'
  if (name !== 'nfsha') return 'has ended'
  if (tick === '-') return undefined
  const silent = Math.round(Number(uptime) - Number(tick) / 100)
  return silent > watchLimit ? `hangs: no tick for ${silent} s` : undefined
}

/**
 * Entries in fstab(5), crypttab(5), systemd.mount(5) and mdadm.conf(5) that name the device under any of its names, including swap and
 * noauto.
 */
const claimsOf = (blocks: Record<string, string>, vars: Vars): string[] => {
  const disk = backingDisk(vars)
  const numbers = new Map(linesOf(blocks.named).map(line => [line.slice(line.indexOf(' ') + 1), line.split(' ')[0] ?? '']))
  const { uuid, label } = superblockOf((blocks.superblock ?? '').replace(/\s+/g, '').slice(2 * 56))
  const ours = [disk, vars.drbd_device].map(path => ({ path, number: numbers.get(path) }))
  const target = (word: string): string | undefined => {
    const [, tag = '', quoted = ''] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)$/.exec(word) ?? []
    const value = quoted.replace(/^"(.*)"$/, '$1')
    // The file system starts at the beginning of the disk, so both have its UUID and label.
    if ((tag === 'UUID' && value.toLowerCase() === uuid) || (tag === 'LABEL' && value === label && label !== '')) return disk
    const path = tag === '' ? word.replace(/^"(.*)"$/, '$1') : `/dev/disk/by-${tag.toLowerCase()}/${value}`
    const number = numbers.get(path)
    return ours.find(o => o.path === path || (number !== undefined && o.number === number))?.path
  }
  const claimed = linesOf(blocks.claims).flatMap(line => {
    const [file = '', ...all] = line.trim().split(/\s+/)
    // mdadm.conf(5): `devices=/dev/sda,/dev/sdb`
    const words = file.includes('mdadm') ? all.flatMap(word => word.replace(/^devices=/, '').split(',')) : all
    const at = words.findIndex(word => target(word) !== undefined)
    const path = at < 0 ? undefined : target(words[at] ?? '')
    // A mount of the share itself is reported separately (`bootProblems`).
    if (path === undefined || (file === '/etc/fstab' && words[0] === vars.drbd_device && words[1] === vars.nfs_export_path)) return []
    const options = file === '/etc/fstab' ? words.slice(0, 4).join(' ') : words.join(' ')
    return [`${file} names ${path === disk ? 'the backing disk' : 'the replicated device'} ${path}: ${options}`]
  })
  // DRBD itself holds the attached disk.
  const held = linesOf(blocks.held)
    .filter(line => line.trim() !== vars.drbd_device.replace('/dev/', ''))
    .map(line => {
      const [, mounts, , where] = /^(\/proc\/\w+):(\S+) (\S+)/.exec(line) ?? []
      return mounts === undefined
        ? `${line.trim()} holds the backing disk ${disk}`
        : `the backing disk ${disk} is ${mounts === '/proc/swaps' ? 'used as swap' : `mounted on ${where}`}`
    })
  return [...new Set([...claimed, ...held])]
}

/** 80 bytes from offset 56 of ext4's superblock (struct ext4_super_block): magic, UUID at 104, label at 120; hex without blanks. */
const superblockOf = (hex: string): { uuid: string; label: string } => {
  if (!hex.startsWith('53ef')) return { uuid: '', label: '' }
  const bytes = Buffer.from(hex, 'hex')
  const uuid = bytes
    .subarray(48, 64)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return { uuid, label: bytes.subarray(64, 80).toString('utf8').replace(/\0.*$/s, '') }
}

/** apt uses the later of two settings. */
const automaticOf = (text: string): string[] => {
  const last = (name: string) => [...text.matchAll(new RegExp(`^\\s*${name}\\s+"([^"]*)"`, 'gm'))].at(-1)?.[1] ?? ''
  const isOn = (value: string) => /^(1|true|yes|on|with)$/i.test(value)
  const restarts = [...text.matchAll(/^\s*\$nrconf\{restart\}\s*=\s*['"](\w)['"]/gm)].at(-1)?.[1]
  return [
    ...(/^unattended-upgrades$/m.test(text) && isOn(last('Unattended-Upgrade::Automatic-Reboot'))
      ? ['unattended-upgrades reboots this node automatically (Unattended-Upgrade::Automatic-Reboot)']
      : []),
    ...(restarts === 'a' ? ["needrestart restarts services automatically ($nrconf{restart} = 'a')"] : []),
  ]
}

const clientsOf = (text: string): string[] => [...new Set([...text.matchAll(/^address: "(.*):\d+"/gm)].map(match => match[1] ?? ''))]

/** `address: "192.168.0.50:801"` and `name: "Linux NFSv4.2 C1"`, one pair of lines per client (fs/nfsd/nfs4state.c, client_info_show). */
const twinsOf = (text: string): string[] => {
  const lines = linesOf(text)
  const clients = lines.flatMap((line, i) => {
    const address = /^address: "(.*):\d+"/.exec(line)?.[1]
    const name = /^name: "(.*)"/.exec(lines[i + 1] ?? '')?.[1]
    return address !== undefined && name !== undefined ? [{ address, name }] : []
  })
  const named = new Map<string, Set<string>>()
  for (const { address, name } of clients) named.set(name, (named.get(name) ?? new Set()).add(address))
  return [...named].flatMap(([name, addresses]) => (addresses.size > 1 ? [`${name} at ${[...addresses].join(' and ')}`] : []))
}
