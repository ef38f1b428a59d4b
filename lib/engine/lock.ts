import { PassThrough } from 'node:stream'
import { quote } from '../resources/quote.ts'
import type { Connection } from '../ssh/connection.ts'

/** Another run holds the lock: exit code 6. */
export class Locked extends Error {
  override readonly name = 'Locked'
  readonly host: string
  readonly owner: string
  readonly hint = 'wait for it, or end a dead one with `nfsha-play unlock`'
  constructor(host: string, owner: string) {
    super(`${host} is locked by another run: ${owner || 'owner unknown'}`)
    this.host = host
    this.owner = owner || 'owner unknown'
  }
}

export interface ClusterLock {
  /** Takes the lock on all hosts, in name order, once. Throws `Locked` when another run holds one of them. */
  take(hosts: { host: string; connection: Connection; readings: { stale(): void } }[]): Promise<void>
  /** Takes it again on a host whose connection, and with it the lease, has ended. */
  retake(host: string, connection: Connection): Promise<void>
  release(): Promise<void>
}

const renewEvery = 10_000

/**
 * A lease: a process on the host holds flock(1) for as long as it hears from us. When our connection ends, its stdin ends and the lock with it; when the
 * network is silently gone, 60 s without a sign end it too. So a killed run never leaves a lock behind.
 */
/** Holds the lock as long as it is fed. */
export const leaseScript = (owner: string) => `
mkdir -p /run/nfsha-play && chmod 700 /run/nfsha-play
exec 9>>/run/nfsha-play/lock
if ! flock -n 9; then
  o=$(cat /run/nfsha-play/owner 2>/dev/null)
  # Two names of the inventory for one machine: a run does not lock itself out.
  if [ "$o" = ${quote(owner)} ]; then echo granted; cat >/dev/null; exit 0; fi
  echo "held by $o"; exit 75
fi
printf '%s\\n' ${quote(owner)} > /run/nfsha-play/owner; echo $$ > /run/nfsha-play/holder
echo granted
while [ -n "$(timeout 60 head -c 1)" ]; do :; done
rm -f /run/nfsha-play/owner /run/nfsha-play/holder
`

/** Ends the process that holds a dead run's lock; prints whose it was. */
export const unlockScript = `
[ -s /run/nfsha-play/holder ] || { echo "not locked"; exit 0; }
cat /run/nfsha-play/owner 2>/dev/null
kill "$(cat /run/nfsha-play/holder)" 2>/dev/null
rm -f /run/nfsha-play/owner /run/nfsha-play/holder
`

/** A lock over the hosts of one cluster. `owner` is shown to whoever finds it held. */
export const clusterLock = (owner: string): ClusterLock => {
  const leases: { end(): Promise<void> }[] = []
  let taken: Promise<void> | undefined

  const takeAll: ClusterLock['take'] = async hosts => {
    for (const { host, connection } of [...hosts].sort((a, b) => (a.host < b.host ? -1 : 1)))
      leases.push(await lease(host, connection, owner))
    // What was read before the lock was held may have been changed by its last holder.
    for (const { readings } of hosts) readings.stale()
  }

  return {
    take: hosts => {
      taken ??= takeAll(hosts)
      return taken
    },
    retake: async (host, connection) => {
      if (taken) leases.push(await lease(host, connection, owner))
    },
    release: async () => {
      await taken?.catch(() => undefined)
      await Promise.all(leases.map(l => l.end()))
    },
  }
}

const lease = async (host: string, connection: Connection, owner: string): Promise<{ end(): Promise<void> }> => {
  const input = new PassThrough()
  let said = ''
  let tellGranted: () => void = () => undefined
  const granted = new Promise<true>(resolve => {
    tellGranted = () => resolve(true)
  })
  const held = connection.run(leaseScript(owner), {
    input,
    onStdout: text => {
      said += text
      if (said.includes('granted')) tellGranted()
    },
  })
  const ended = held.then(() => false as const)
  if (!(await Promise.race([granted, ended]))) throw new Locked(host, said.replace(/^held by /, '').trim())
  const renewal = setInterval(() => input.write('.'), renewEvery)
  renewal.unref()
  return {
    async end() {
      clearInterval(renewal)
      input.end()
      await held.catch(() => undefined)
    },
  }
}
