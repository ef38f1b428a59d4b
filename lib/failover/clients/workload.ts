import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../resources/outcome.ts'
import { quote } from '../../resources/quote.ts'
import type { Connection } from '../../resources/resource.ts'
import { packagedFile } from '../../text/packaged.ts'
import { safePath } from '../faults/guest-faults.ts'
import type { PairSettings } from '../testbed/settings.ts'
import { vipAddress } from '../testbed/settings.ts'
import type { Operation } from './operations.ts'
import { parseOperation } from './operations.ts'

/** A mount of the share by a client, for the test only. */
export interface TestMount {
  name: string
  directory: string
  options: string
}

/** Minimum number of mounts, however few clients there are. */
const fewest = 3
/** Seconds until the work of a client must have ended and its mounts must be gone. */
const usualStopLimit = 180

/**
 * Pure. The server sees one client's mounts as different clients if the versions differ (nfs(5): a version is part of the client's name),
 * and `nosharecache` keeps the others from sharing their caches.
 */
export const mountsOf = (client: string, clients: number, options: string): TestMount[] =>
  Array.from({ length: Math.max(1, Math.ceil(fewest / clients)) }, (_, i) => ({
    name: `${client}-${i + 1}`,
    directory: `/run/nfsha-failover/${client}-${i + 1}`,
    options: [options, 'nosharecache', ...(i === 1 && !options.includes('vers=') ? ['vers=4.1'] : [])].join(','),
  }))

/** Directory of the tests on the share. It is removed at the end. */
export const shareDirectory = '.nfsha-failover'

export interface Workload {
  operations(): readonly Operation[]
  /** It has ended by itself: `stop` reports why. */
  isOver(): boolean
  /** Ends the work and removes the mounts; a second call waits for the same end. Throws `ApplyFailed` when the workload itself failed. */
  stop(): Promise<void>
}

/** What the workload needs to know of the share. */
type Share = Pick<PairSettings, 'ha_vip' | 'nfs_export_path' | 'failover_dd'>

const script = (mounts: TestMount[], run: string, vars: Share): string => {
  const source = `${vipAddress(vars)}:${vars.nfs_export_path}`
  const perl = readFileSync(packagedFile('lib/failover/clients/workload.pl'), 'utf8')
  const work = (m: TestMount) => `${m.directory}/${shareDirectory}/${run}`
  const mount = (m: TestMount) => `mkdir -p ${m.directory}
mount -t nfs -o ${m.options} ${source} ${m.directory} && mkdir -p ${work(m)} || exit 1`
  return `${safePath}
leave() { for d in ${mounts.map(m => m.directory).join(' ')}; do timeout 20 umount "$d" 2>/dev/null || umount -l "$d" 2>/dev/null; rmdir "$d" 2>/dev/null; done; }
trap leave EXIT
${mounts.map(mount).join('\n')}
perl -e ${quote(perl)} ${vars.failover_dd ? 1 : 0} ${mounts.map(m => `${m.name} ${work(m)}`).join(' ')}`
}

/** What its processes wait for in the kernel, and the RPC calls without an answer (debugfs): nothing else can explain why a mount hangs. */
const whatHangs = async (connection: Pick<Connection, 'run'>): Promise<string | undefined> => {
  const look = `ps -eo pid,stat,etimes,wchan:32,args | awk 'NR == 1 || $2 ~ /^D/ || /umount|perl/ && !/awk/ { print substr($0, 1, 120) }'
m=; mountpoint -q /sys/kernel/debug || { mount -t debugfs debugfs /sys/kernel/debug && m=yes; }
grep -H . /sys/kernel/debug/sunrpc/rpc_clnt/*/tasks | head -n 40; [ -z "$m" ] || umount /sys/kernel/debug`
  const { stdout } = await connection.run(`${safePath}\n${look}`, { timeout: 20_000 }).catch(() => ({ stdout: undefined }))
  return stdout
}

/** Starts the work of one client on all of its mounts. It continues until it is stopped, or our connection ends. */
export const startWorkload = (
  connection: Pick<Connection, 'host' | 'run'>,
  mounts: TestMount[],
  run: string,
  vars: Share,
  stopLimit = usualStopLimit,
): Workload => {
  const input = new PassThrough()
  const seen: Operation[] = []
  let rest = ''
  const ended = connection.run(script(mounts, run, vars), {
    input,
    maxOutput: 256 * 1024 ** 2,
    onStdout: text => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const operation = parseOperation(line)
        if (operation) seen.push(operation)
      }
    },
  })
  let over = false
  // `stop` checks the result.
  ended
    .catch(() => undefined)
    .finally(() => {
      over = true
    })
  const end = async () => {
    input.end()
    // While no node is active, a mount may not be released.
    const result = await Promise.race([ended, delay(stopLimit * 1000, undefined, { ref: false })])
    if (result === undefined)
      throw new ApplyFailed(`the workload on ${connection.host} did not end within ${stopLimit} s`, {
        detail: await whatHangs(connection),
        hint: 'its mounts hang while no node is active: check /run/nfsha-failover there when the service is back',
      })
    const { stderr } = result
    if (stderr.trim() !== '') throw new ApplyFailed(`the workload on ${connection.host} failed`, { detail: stderr })
  }
  let stopped: Promise<void> | undefined
  return {
    operations: () => seen,
    isOver: () => over,
    stop() {
      stopped ??= end()
      return stopped
    },
  }
}
