import type { BootJob, Cluster } from '../../lib/role-api/index.ts'
import { firstOf } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'
import { fencePeerPath, resetNodePath } from './fence-peer.ts'

const node = ({ vars }: { vars: Vars }): string => `  on ${vars.node_name} {
    device ${vars.drbd_device};
    disk ${backingDisk(vars)};
    address ${vars.node_drbd_ip}:${vars.drbd_port};
    meta-disk internal;
  }`

/**
 * drbd.conf(5) of 8.4. Split brain is never resolved without an operator: no policy may discard data. A Primary that loses its peer
 * suspends I/O until its handler has established that it may continue; one whose peer took over reboots (call-pri-lost). A dead peer is
 * detected within 2 s (ping-int 1 s, ping-timeout 1 s), before heartbeat's deadtime expires; the kernel requires timeout below both
 * intervals. A node that serves while it resyncs, and then loses its peer, suspends I/O until the peer is back (on-no-data-accessible): an
 * I/O error would make ext4 read-only and reach every client. A resync may have 1 MiB in flight and gets at least 4 MiB/s beside the
 * clients' load: with the defaults (50 KiB, 250 KiB/s) the 32 MiB of the activity log after a power loss took two minutes in the lab,
 * during which the other node could not take over. `drbdadm verify` uses crc32c: drbd.ko itself needs that algorithm (libcrc32c), so no
 * other module has to be loaded.
 */
export const resourceFile = (cluster: Cluster<Vars>): string => {
  const { vars } = firstOf(cluster)
  return `# Managed by nfsha-play.
resource ${vars.drbd_resource} {
  net {
    protocol C;
    cram-hmac-alg sha1;
    shared-secret "${vars.drbd_secret}";
    verify-alg crc32c;
    max-buffers 8000;
    max-epoch-size 8000;
    after-sb-0pri disconnect;
    after-sb-1pri disconnect;
    after-sb-2pri disconnect;
    rr-conflict call-pri-lost;
    ping-int 1;
    ping-timeout 10;
    timeout 9;
    connect-int 1;
  }
  disk {
    on-io-error detach;
    fencing resource-and-stonith;
    c-max-rate ${vars.drbd_resync_max};
    c-fill-target 1M;
    c-min-rate 4M;
${vars.drbd_disk_flushes ? '' : '    disk-flushes no;\n    md-flushes no;\n'}  }
  options {
    on-no-data-accessible suspend-io;
  }
  handlers {
    fence-peer "${fencePeerPath}";
    pri-lost "${fencePeerPath} lost";
  }
${cluster.nodes.map(node).join('\n')}
}
`
}

/**
 * Brings the resource up as Secondary at every boot; otherwise heartbeat has nothing to promote. drbd.service would wait forever for a dead
 * peer; this does not wait: heartbeat's initdead gives a peer that boots at the same time long enough to connect. A shutdown takes the
 * resource down: the copy is marked Outdated and the peer continues at once, whereas a node that loses its peer unexpectedly suspends I/O
 * until fence-peer has decided.
 */
export const bootJob = (vars: Vars): BootJob => ({
  name: 'nfsha-drbd',
  description: `DRBD resource ${vars.drbd_resource} of the NFS cluster`,
  commands: [
    ...(vars.ha_stack === 'lean' ? [{ command: `${resetNodePath} --boot`, mayFail: true }] : []),
    { command: `${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}` },
  ],
  undo: `${drbdProgram(vars, 'drbdadm')} down ${vars.drbd_resource}`,
})
