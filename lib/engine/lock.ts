import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, type Fence, FenceRefused } from '../ssh/connection.ts'
import { leaseCondition, leaseHeld, leaseScript, lockDirectory, stepDescriptor } from './lock-scripts.ts'

/** Another run holds the lock: exit code 6. */
export class Locked extends Error {
  override readonly name = 'Locked'
  readonly host: string
  readonly owner: string
  readonly hint = 'wait for it, or remove a stale lock with `nfsha-play unlock`'
  constructor(host: string, owner: string) {
    super(`${host} is locked by another run: ${owner || 'owner unknown'}`)
    this.host = host
    this.owner = owner || 'owner unknown'
  }
}

/** The run no longer holds the lock, and the intended change was not made: exit code 6. */
export class LockLost extends FenceRefused {
  override readonly name = 'LockLost'
  readonly host: string
  /** Who holds it now; empty when nobody does. */
  readonly owner: string
  readonly hint =
    'the lease expired while this run was stopped or cut off, or somebody ran `nfsha-play unlock`; run again: it continues from the present state'
  constructor(host: string, owner: string) {
    super(`the lock on ${host} is no longer held by this run${owner ? ` but by ${owner}` : ''}: nothing more is changed`)
    this.host = host
    this.owner = owner
  }
}

/** State of the lock on a host before anything was read. */
export interface Mark {
  /** The last run that had the lock. */
  last: string
  /** Nobody had it, and no step of an earlier run may still have been running. */
  isQuiet: boolean
}

/** Pure: parses the output of `markScript`. Undefined for anything else. */
export const parseMark = (block = ''): Mark | undefined => {
  const [, last, owner, mark] = /^last (.*)\nowner (.*)\nmark (.*)\n*$/.exec(block) ?? []
  return last === undefined ? undefined : { last, isQuiet: owner === '' && mark === '' }
}

export interface Lockable {
  host: string
  connection: Connection
  readings: { invalidate(): void; lockTaken(): void }
  mark?: Mark | undefined
}

/** `isHeld`: shell that checks the same between two scripts of one exec. */
export interface LeaseFence extends Fence {
  isHeld: string
}

export interface ClusterLock {
  /**
   * Takes the lock on all hosts, in the order of their names, once. Earlier readings become outdated if another run has had the lock of any
   * of the hosts since; otherwise they may still be judged, but not used for a change. Throws `Locked` when another run holds one of them.
   */
  take(hosts: Lockable[]): Promise<void>
  /** Throws `LockLost` when a lease is known to have ended. Costs nothing; `fence` checks the lock on the host itself. */
  verify(): void
  /** Runs changes on a host only while the lock is held. */
  fence: LeaseFence
  /** Takes it again on a host whose connection, and so its lease, has ended. */
  retake(host: string, connection: Connection): Promise<void>
  release(): Promise<void>
}

/** Values other than the defaults are for tests. */
export interface LockOptions {
  /** How long the lock outlives a run that sends no sign of life, s. */
  lease: number
  /** ms between two signs of life. */
  renewEvery: number
  /** Directory of the lock on the hosts. */
  directory: string
}

const usual: LockOptions = { lease: 60, renewEvery: 10_000, directory: lockDirectory }

/** ms in which hosts must confirm the end of a lease; otherwise it ends with the connection. */
const releaseLimit = 5_000

/** A lock on the hosts of one cluster. `owner` is unique, and shown to whoever finds it held. */
export const clusterLock = (owner: string, options = usual): ClusterLock => {
  const leases: Lease[] = []
  let taken: Promise<void> | undefined

  const takeAll: ClusterLock['take'] = async hosts => {
    let isUntouched = true
    for (const { host, connection, mark } of [...hosts].sort((a, b) => (a.host < b.host ? -1 : 1))) {
      const lease = await takeLease(host, connection, owner, options)
      leases.push(lease)
      isUntouched &&= mark?.isQuiet === true && lease.isClean && lease.after === mark.last
    }
    // What was read before may have been changed by the last holder of the lock, even by its work on another host.
    for (const { readings } of hosts) {
      if (!isUntouched) readings.invalidate()
      readings.lockTaken()
    }
  }

  return {
    take: hosts => {
      taken ??= takeAll(hosts)
      return taken
    },
    verify() {
      const lost = leases.find(lease => lease.hasEnded())
      if (lost) throw new LockLost(lost.host, '')
    },
    fence: {
      condition: leaseCondition(owner, options.directory),
      isHeld: leaseHeld(owner, options.directory),
      descriptor: stepDescriptor,
      refused: (host, said) => new LockLost(host, /^owner (.*)$/m.exec(said)?.[1] ?? ''),
    },
    retake: async (host, connection) => {
      if (!taken) return
      const lease = await takeLease(host, connection, owner, options)
      // The previous lease on this host ended with its connection.
      leases.splice(0, leases.length, ...leases.filter(old => old.host !== host), lease)
    },
    release: async () => {
      await atMost(taken?.catch(() => undefined))
      await Promise.all(leases.map(lease => lease.end()))
    },
  }
}

interface Lease {
  host: string
  /** The run that had the lock before. */
  after: string
  /** Nobody had it when it was taken, and no step may have continued after the lease of its run. */
  isClean: boolean
  /** Whether the host released it itself; a lease whose connection was cut is not known to have ended. */
  hasEnded(): boolean
  end(): Promise<void>
}

const takeLease = async (
  host: string,
  connection: Connection,
  owner: string,
  { lease, renewEvery, directory }: LockOptions,
): Promise<Lease> => {
  const input = new PassThrough()
  let said = ''
  let tellGranted: () => void = () => undefined
  const granted = new Promise<true>(resolve => {
    tellGranted = () => resolve(true)
  })
  let hasEnded = false
  const held = connection.run(leaseScript(owner, lease, directory), {
    input,
    onStdout: text => {
      said += text
      if (/^granted$/m.test(said)) tellGranted()
    },
  })
  const ended = held.then(({ stderr }) => {
    hasEnded = true
    return stderr
  })
  const refusal = await Promise.race([granted, ended])
  if (refusal !== true) throw refusalOf(host, said, refusal)
  ended.catch(() => undefined)
  const renewal = setInterval(() => input.write('.'), renewEvery)
  renewal.unref()
  const [, after = '', state] = /^after (.*)\n(.*)\ngranted$/m.exec(said) ?? []
  return {
    host,
    after,
    isClean: state === 'clean',
    hasEnded: () => hasEnded,
    async end() {
      clearInterval(renewal)
      input.end()
      await atMost(held.catch(() => undefined))
    },
  }
}

/** A host that does not answer must not delay the end of the run. */
const atMost = async (work: Promise<unknown> | undefined): Promise<void> => {
  const over = new AbortController()
  await Promise.race([work, delay(releaseLimit, undefined, { signal: over.signal }).catch(() => undefined)])
  over.abort()
}

/** Another run holds the lock, or the host cannot provide one: no root, a full /run. */
const refusalOf = (host: string, said: string, stderr: string): Error => {
  const owner = /^held by (.*)$/m.exec(said)?.[1]
  if (owner !== undefined) return new Locked(host, owner.trim())
  return new Error(
    `the lock on ${host} cannot be taken: ${[said.trim(), stderr.trim()].filter(text => text !== '').join('; ') || 'no reason given'}`,
  )
}
