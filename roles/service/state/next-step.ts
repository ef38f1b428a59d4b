import type { Change } from '../../../lib/resources/resource.ts'

/** An attribute, by its beginning, and the command that comes next. `$H` is its host, `$1` what the pattern has matched. */
const steps: readonly [RegExp, string][] = [
  [/^node: /, 'nfsha-play ping -l $H'],
  [/^heartbeat: stopped/, 'on $H: service heartbeat start'],
  [/^heartbeat: in transition/, 'on $H: cl_status rscstatus (wait until it is none, local, foreign or all)'],
  [/^heartbeat link (\S+)/, 'on $H: ip -br addr show dev $1; ping -c 3 the address of the other node on it'],
  [/^link (\S+)/, 'on $H: ip -br link show dev $1 (cable, switch port)'],
  [/^virtual IP.*: another machine/, 'find that machine by its hardware address: on $H: ip neigh'],
  [/^virtual IP: on no node/, 'on both nodes: service heartbeat status; journalctl -b -t nfsha -n 30'],
  [/^virtual IP: on /, 'nfsha-play switchover.yml'],
  [/^(?:DRBD Primary|mount|export): on /, 'on both nodes: /etc/ha.d/resource.d/nfsha status; journalctl -b -t nfsha -n 30'],
  [/^mount \S+: read-only/, 'nfsha-play switchover.yml'],
  [/^nfsd: running/, 'on $H: /etc/ha.d/resource.d/nfsha stop'],
  [/^nfsd scope/, 'on $H: perl -v (the scope is read by a program in perl)'],
  [/^DRBD device/, 'on $H: drbdadm adjust all'],
  [/^DRBD connection: WFConnection/, 'is the other node up? on both nodes: drbdadm cstate all; ip -br link'],
  [/^DRBD disk: Diskless/, 'on $H: dmesg | grep -i -e drbd -e "I/O error"; with a good disk: drbdadm attach all'],
  [/^DRBD disk/, 'on $H: cat /proc/drbd (it resynchronises once it is connected to a good copy)'],
  [/^DRBD I\/O/, 'on $H: journalctl -b -t nfsha -n 20 (what it waits for)'],
  [/^DRBD blocks/, 'on the standby: drbdadm disconnect all && drbdadm connect all'],
  [/^(?:space|inodes) on (\S+)/, 'on $H: du -xh --max-depth=2 $1 | sort -h | tail'],
  [/^(?:next boot|disk)/, 'on $H: correct that file'],
  [/^file system errors/, 'on $H: dmesg | grep EXT4-fs; plan a stop for e2fsck -f'],
  [/^holder of/, 'on $H: end it, or leave that to the next stop of the service'],
  [/^last stop of the service/, 'on $H: journalctl -b -t nfsha -n 30'],
  [/^kernel exports/, 'on $H: exportfs -r'],
  [/^configuration /, 'nfsha-play site.yml'],
  [/^version of /, 'nfsha-play maintenance.yml -e ha_maintenance=NODE, then apt-get install --allow-change-held-packages there'],
  [/^ping node (\S+)/, 'on $H: ping -c 3 $1'],
  [/^nfsha watch/, 'on $H: service heartbeat status (it runs the watch)'],
  [/^automatic restart/, 'on $H: set Unattended-Upgrade::Automatic-Reboot "false" in /etc/apt/apt.conf.d'],
  [/^NFS clients with one name/, 'on those clients: hostnamectl set-hostname NAME, then mount again'],
]

/**
 * Pure: what an operator does next about a difference that no run repairs, as a command to paste where there is one.
 * Throws for one that has no line here: a status that only says "look" would send its reader in a circle.
 */
export const nextStep = ({ attribute, from, host }: Pick<Change, 'attribute' | 'from' | 'host'>): string => {
  const text = `${attribute}: ${from}`
  for (const [pattern, command] of steps) {
    const match = pattern.exec(text)
    if (match) return command.replaceAll('$H', host ?? 'both nodes').replaceAll('$1', match[1]?.replace(/:$/, '') ?? '')
  }
  throw new Error(`no next step is known for '${text}': roles/service/state/next-step.ts`)
}

/** Pure: a difference that no run repairs, with its next step. */
export const withNextStep = (change: Omit<Change, 'remedy'>): Change => ({ ...change, remedy: nextStep(change) })
