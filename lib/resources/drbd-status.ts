export interface DrbdPeer {
  /** The connection's name: the peer's host name in DRBD 9, `peer` in 8.4. */
  name: string
  /** `Connected` when it stands: then its own word is left out of the output. */
  connection: string
  role: string
  /** `Established`, `SyncSource`, ...; '' while there is no connection */
  replication: string
  disk: string
  /** KiB; undefined unless --statistics was asked for */
  outOfSync: number | undefined
  /** per cent of a running synchronisation */
  done: number | undefined
}

export interface DrbdStatus {
  resource: string
  /** Of the device; undefined unless --verbose was asked for. */
  minor: number | undefined
  role: string
  suspended: boolean
  disk: string
  peers: DrbdPeer[]
}

const words = (line: string): Record<string, string> =>
  Object.fromEntries([...line.matchAll(/(?:^|\s)([a-z-]+):(\S+)/g)].map(m => [m[1] ?? '', m[2] ?? '']))

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

/**
 * Pure: `drbdadm status` of drbd-utils for modules of 8.4 and of 9, resources with one volume, with or without --verbose --statistics (drbdsetup(8)). What begins
 * a line is a resource; below it, indented, its volume and its peers; deeper, what belongs to a peer.
 */
export const parseDrbdStatus = (text: string): DrbdStatus[] => {
  const found: DrbdStatus[] = []
  let peer: DrbdPeer | undefined
  for (const line of text.split('\n')) {
    const resource = found.at(-1)
    const own = words(line)
    const name = /^( *)([^\s:]+) (?:\S+:\S+)/.exec(line)
    if (name && name[1] === '') {
      peer = undefined
      found.push({
        resource: name[2] ?? '',
        minor: undefined,
        role: own.role ?? '',
        suspended: (own.suspended ?? 'no') !== 'no',
        disk: '',
        peers: [],
      })
    } else if (name && resource) {
      peer = emptyPeer(name[2] ?? '', own)
      resource.peers.push(peer)
    } else if (peer) fillPeer(peer, own)
    else if (resource && own.disk) Object.assign(resource, { disk: own.disk, minor: numberOf(own.minor) })
  }
  return found
}

const emptyPeer = (name: string, own: Record<string, string>): DrbdPeer => ({
  name,
  connection: own.connection ?? 'Connected',
  role: own.role ?? 'Unknown',
  replication: '',
  disk: 'DUnknown',
  outOfSync: undefined,
  done: undefined,
})

const fillPeer = (peer: DrbdPeer, own: Record<string, string>): void => {
  if (own['peer-disk']) {
    peer.disk = own['peer-disk']
    peer.replication = own.replication ?? (peer.connection === 'Connected' ? 'Established' : '')
  }
  peer.done = numberOf(own.done) ?? peer.done
  peer.outOfSync = numberOf(own['out-of-sync']) ?? peer.outOfSync
}
