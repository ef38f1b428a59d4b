import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../resources/outcome.ts'
import { quote } from '../../resources/quote.ts'
import type { Connection } from '../../resources/resource.ts'
import type { PairSettings } from '../testbed/settings.ts'
import { vipAddress } from '../testbed/settings.ts'
import { shareDirectory } from './workload.ts'

/** A client that died with an open file and a lock: the server does not know, and keeps its state as a courtesy. */
export interface DeadClient {
  /** Removes the client. It is revived for that, so that it can unmount normally. Throws `ApplyFailed`. */
  end(): Promise<void>
}

const name = 'nfsha-dead'
const holds =
  'open(my $f, ">", "$ARGV[0]/dead") or die "$!\\n"; flock($f, 2) or die "$!\\n"; syswrite($f, "held\\n"); syswrite(STDOUT, "holds\\n"); sleep'

/**
 * A network namespace with its own address on the service network and its own host name: for the server, a separate client. Its mount is in
 * the mount namespace that `ip netns exec` creates (ip-netns(8)), so it ends with its process.
 */
const script = (vars: PairSettings, address: string, run: string): string => {
  const source = `${vipAddress(vars)}:${vars.nfs_export_path}`
  const directory = `/run/nfsha-failover/${name}`
  const prefix = vars.ha_vip.replace(/.*\//, '')
  const inside = `echo ${name} > /proc/sys/kernel/hostname; mount -t nfs -o ${vars.client_options} ${source} ${directory} || exit 1
exec perl -e ${quote(holds)} ${directory}/${shareDirectory}/${run}`
  return `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
leave() { ip -n ${name} link set ${name} up; [ -z "$p" ] || kill -KILL "$p"; wait; ip netns del ${name}; rmdir ${directory}; } 2>/dev/null
ip netns add ${name} || exit 1
trap leave EXIT
mkdir -p ${directory}
ip link add link ${vars.node_service_nic} name ${name} netns ${name} type macvlan mode bridge || exit 1
ip -n ${name} addr add ${address}/${prefix} dev ${name} && ip -n ${name} link set ${name} up || exit 1
ip netns exec ${name} unshare -u sh -c ${quote(inside)} </dev/null &
p=$!
read -r _
ip -n ${name} link set ${name} down && echo dead
while read -r _; do :; done`
}

/** Lease times after which the server treats the state of a client as that of a dead one. */
export const leasesUntilDead = 3

/** Lets a client die on a machine of the inventory, and waits for this many lease times. */
export const letClientDie = async (
  connection: Connection,
  vars: PairSettings,
  { address, run, leases }: { address: string; run: string; leases: number },
): Promise<DeadClient> => {
  const input = new PassThrough()
  let said = ''
  const ended = connection.run(script(vars, address, run), {
    input,
    onStdout: text => {
      if (!said.includes('holds') && (said + text).includes('holds')) input.write('die\n')
      said += text
    },
  })
  const left = ended.then(
    ({ stderr }) => new ApplyFailed(`the client that is to die cannot be started on ${connection.host}`, { detail: stderr }),
    (error: unknown) => error,
  )
  const end = Date.now() + 60_000
  while (!said.includes('dead')) {
    const over = await Promise.race([left, delay(200, undefined)])
    if (over !== undefined) throw over
    if (Date.now() > end) {
      input.end()
      throw new ApplyFailed(`the client that is to die does not mount the share on ${connection.host} within 60 s`)
    }
  }
  await delay(vars.nfs_lease * leases * 1_000)
  return {
    async end() {
      input.end()
      await left
    },
  }
}
