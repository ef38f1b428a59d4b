import type { Cluster } from '../../lib/role-api/index.ts'
import { firstOf } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import type { Vars } from '../vars.ts'

/**
 * global_common.conf of the reference setup (article, IV.3). `protocol` in common, `no-disk-flushes` and `syncer` are DRBD 8.3 syntax:
 * drbdadm translates it for an 8.4 module, and refuses the file for a version 9 module.
 */
export const articleGlobalCommon = (vars: Vars): string => `global {
  usage-count no;
}
common {
  protocol C;
  disk {
    on-io-error detach;
${vars.drbd_disk_flushes ? '' : '    no-disk-flushes;\n    no-md-flushes;\n'}  }
  net {
    cram-hmac-alg "sha1";
    shared-secret "${vars.drbd_secret}";
    sndbuf-size 512k;
    max-buffers 8000;
    unplug-watermark 1024;
    max-epoch-size 8000;
    after-sb-0pri disconnect;
    after-sb-1pri disconnect;
    after-sb-2pri disconnect;
    rr-conflict disconnect;
  }
  syncer {
    rate 1024M;
    al-extents 517;
  }
}
`

/** drbd.res of the reference setup (article, IV.3): only the two nodes; all options are in global_common.conf. */
export const articleResource = (cluster: Cluster<Vars>): string => `resource ${firstOf(cluster).vars.drbd_resource} {
${cluster.nodes.map(articleNode).join('\n')}
}
`

const articleNode = ({ vars }: { vars: Vars }): string => `  on ${vars.node_name} {
    device ${vars.drbd_device};
    disk ${backingDisk(vars)};
    address ${vars.node_drbd_ip}:${vars.drbd_port};
    meta-disk internal;
  }`
