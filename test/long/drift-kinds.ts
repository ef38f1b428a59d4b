/** One way in which somebody can make a converged cluster differ. `H` is the active node, `S` the standby. */
export interface DriftKind {
  name: string
  on: 'H' | 'S'
  /** Makes the difference. */
  break: string
  /** Repairs what a plain run does not; always run afterwards. */
  repair?: string
  /** What drift reports: the resource, and (a part of) its actual state. */
  resource: string | RegExp
  is: RegExp
  /** Repaired by a plain run, or reported with this playbook. */
  repaired: true | 'next step' | 'switchover.yml' | 'split-brain.yml'
  /** A cable that is unplugged from outside. */
  cable?: string
}

const file = (path: string, how: string, is: RegExp): DriftKind => ({
  name: `${path}: ${how}`,
  on: 'S',
  break: how,
  resource: `file ${path}`,
  is,
  repaired: true,
})

const declared: DriftKind[] = [
  file('/etc/exports.d/nfsha.exports', 'echo "/srv *(ro)" >> /etc/exports.d/nfsha.exports', /other content/),
  file('/etc/nfs.conf.d/nfsha.conf', 'chmod 0600 /etc/nfs.conf.d/nfsha.conf', /mode 0600/),
  file('/etc/modules-load.d/nfsha-drbd.conf', 'rm /etc/modules-load.d/nfsha-drbd.conf', /no content/),
  {
    name: 'owner of the resource script',
    on: 'S',
    break: 'chown nobody /etc/ha.d/resource.d/nfsha',
    resource: 'live heartbeat files',
    is: /owner nobody/,
    repaired: true,
  },
  file('/etc/drbd.d/drbd.res', 'echo "# by hand" >> /etc/drbd.d/drbd.res', /other content/),
  file('/usr/sbin/policy-rc.d', 'chmod 0644 /usr/sbin/policy-rc.d', /mode 0644/),
  {
    name: 'names of the nodes gone from /etc/hosts',
    on: 'S',
    break: "sed -i '/redhat/d' /etc/hosts",
    resource: 'names of the nodes in /etc/hosts',
    is: /other content/,
    repaired: true,
  },
  {
    name: 'host name after a boot',
    on: 'S',
    break: 'echo other > /etc/hostname',
    resource: 'host name',
    is: /name after a boot other/,
    repaired: true,
  },
  {
    name: 'held package unheld',
    on: 'S',
    break: 'apt-mark unhold heartbeat',
    resource: /^package heartbeat/,
    is: /not held/,
    repaired: true,
  },
  {
    name: 'nfs-server unmasked',
    on: 'S',
    break: 'systemctl unmask nfs-server',
    resource: 'service nfs-server.service',
    is: /masked no/,
    repaired: true,
  },
  {
    name: 'nfs-server masked only until the next boot',
    on: 'S',
    break: 'systemctl unmask nfs-server; systemctl mask --runtime nfs-server',
    repair: 'systemctl unmask --runtime nfs-server; systemctl mask nfs-server',
    resource: 'service nfs-server.service',
    is: /masked until the next boot/,
    repaired: true,
  },
  {
    name: 'heartbeat started by the boot',
    on: 'S',
    break: 'systemctl enable heartbeat',
    resource: 'service heartbeat',
    is: /boot enabled/,
    repaired: true,
  },
  {
    name: 'DRBD not brought up by the boot',
    on: 'S',
    break: 'systemctl disable nfsha-drbd.service',
    resource: 'service nfsha-drbd.service',
    is: /boot disabled/,
    repaired: true,
  },
  { name: 'chrony stopped', on: 'S', break: 'systemctl stop chrony', resource: 'service chrony', is: /running no/, repaired: true },
  {
    name: 'route gone',
    on: 'S',
    break: 'ip -4 route del $(ip -4 route show | grep -o "^172.16.0.2[0-9]* dev em2" | head -n 1)',
    resource: /^route 172\.16\.0\./,
    is: /nothing/,
    repaired: true,
  },
  {
    name: "DRBD's kernel settings differ from its file",
    on: 'S',
    // affects only this node: options for a resync are sent to the peer too
    break: 'drbdsetup-84 disk-options 0 --on-io-error=pass_on 2>/dev/null || drbdsetup disk-options 0 --on-io-error=pass_on',
    resource: 'DRBD resource drbd',
    is: /kernel differs/,
    repaired: true,
  },
  {
    name: 'kernel exports less than declared',
    on: 'H',
    break: 'exportfs -o ro,fsid=1 192.168.0.0/24:/data',
    resource: 'reload exports',
    is: /export \/data/,
    repaired: true,
  },
  { name: 'mount point writable', on: 'S', break: 'chattr -i /data', resource: 'mount point /data', is: /immutable no/, repaired: true },
]

const inService: DriftKind[] = [
  {
    name: 'export that no file declares',
    on: 'H',
    break: 'exportfs -o ro 192.168.0.50:/srv',
    repair: 'exportfs -u 192.168.0.50:/srv',
    resource: 'kernel exports',
    is: /\/srv 192\.168\.0\.50/,
    repaired: 'next step',
  },
  {
    name: 'configuration of one node alone',
    on: 'S',
    break: 'cp -p /etc/idmapd.conf /root/idmapd.conf; echo "# by hand" >> /etc/idmapd.conf',
    repair: 'mv /root/idmapd.conf /etc/idmapd.conf',
    resource: 'configuration /etc/idmapd.conf',
    is: /M1 .*, M2 /,
    repaired: 'next step',
  },
  {
    name: 'the boot would take the virtual IP',
    on: 'S',
    break: 'printf "iface em1 inet static\\n  address 192.168.0.219/24\\n" > /etc/network/interfaces.d/vip',
    repair: 'rm -f /etc/network/interfaces.d/vip',
    resource: 'next boot',
    is: /gives 192\.168\.0\.219/,
    repaired: 'next step',
  },
  {
    name: 'the boot would mount the share',
    on: 'S',
    break: 'echo "/dev/drbd0 /data ext4 noauto 0 0" >> /etc/fstab',
    repair: "sed -i '/drbd0/d' /etc/fstab",
    resource: 'next boot',
    is: /mounts \/dev\/drbd0 on \/data/,
    repaired: 'next step',
  },
  {
    name: 'space short',
    on: 'H',
    break: 'fallocate -l $(($(df --output=avail -B1 /data | tail -n 1) * 97 / 100)) /data/.fill; sync',
    repair: 'rm -f /data/.fill',
    resource: 'space on /data',
    is: /9\d% used|100% used/,
    repaired: 'next step',
  },
  {
    name: 'threads of nfsd',
    on: 'H',
    break: 'unshare -u sh -c "hostname nfsha-drbd; rpc.nfsd 4"',
    repair: 'unshare -u sh -c "hostname nfsha-drbd; rpc.nfsd 8"',
    resource: 'nfsd threads',
    is: /^4$/,
    repaired: 'switchover.yml',
  },
  {
    name: 'scope of nfsd: the thread count written outside the namespace',
    on: 'H',
    break: 'rpc.nfsd 8',
    repair: 'unshare -u sh -c "hostname nfsha-drbd; rpc.nfsd 8"',
    resource: 'nfsd scope',
    is: /^M[12]\.redhat\.sx$/,
    repaired: 'switchover.yml',
  },
  {
    name: 'nfsd on the standby',
    on: 'S',
    break: 'mount -t nfsd nfsd /proc/fs/nfsd 2>/dev/null; rpc.nfsd 1',
    repair: 'rpc.nfsd 0; true',
    resource: 'nfsd',
    is: /running/,
    repaired: 'next step',
  },
  {
    name: 'virtual IP on both',
    on: 'S',
    // No ARP answer for it, so that clients still reach the active node.
    break: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1; ip addr add 192.168.0.219/32 dev lo',
    repair: 'ip addr del 192.168.0.219/32 dev lo 2>/dev/null; sysctl -qw net.ipv4.conf.all.arp_ignore=0',
    resource: 'virtual IP',
    is: /on M1 and M2/,
    repaired: 'next step',
  },
  {
    name: 'DRBD StandAlone',
    on: 'S',
    break: 'drbdadm disconnect drbd',
    repair: 'drbdadm connect drbd; for i in $(seq 60); do grep -q "ds:UpToDate/UpToDate" /proc/drbd && break; sleep 1; done',
    resource: 'DRBD connection',
    is: /StandAlone/,
    repaired: 'split-brain.yml',
  },
  {
    name: 'cable of em2 pulled',
    on: 'S',
    break: 'true',
    resource: 'link em2',
    is: /no carrier/,
    repaired: 'next step',
    cable: 'em2',
  },
  {
    name: 'heartbeat stopped on the standby',
    on: 'S',
    break: 'systemctl stop heartbeat',
    repair:
      'systemctl start heartbeat; for i in $(seq 60); do [ "$(cl_status rscstatus 2>/dev/null)" = none ] || [ "$(cl_status rscstatus 2>/dev/null)" = local ] && break; sleep 1; done',
    resource: 'heartbeat',
    is: /stopped/,
    repaired: 'next step',
  },
]

const masked = 'nfs-server masked only until the next boot'
const named = (...names: string[]): DriftKind[] => inService.filter(kind => names.includes(kind.name))
const apart = ['threads of nfsd', 'virtual IP on both', 'DRBD StandAlone', 'heartbeat stopped on the standby']

/** Kinds that do not hide each other are made at the same time; each is found by its own name. */
export const driftGroups: { name: string; kinds: DriftKind[]; repaired: boolean }[] = [
  { name: 'what is declared', kinds: declared.filter(kind => kind.name !== masked), repaired: true },
  { name: 'what is declared, in other ways', kinds: declared.filter(kind => kind.name === masked), repaired: true },
  { name: 'the state of the service', kinds: inService.filter(kind => !apart.includes(kind.name)), repaired: false },
  { name: 'the state of the service, a pair that is apart', kinds: named(...apart), repaired: false },
]
