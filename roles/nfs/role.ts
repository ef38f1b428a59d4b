import { file } from '../../lib/resources/file.ts'
import { kernelModule } from '../../lib/resources/kernel.ts'
import { packages } from '../../lib/resources/packages.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { service } from '../../lib/resources/service.ts'
import { clusterGuard } from '../guard.ts'
import type { Context, Role } from '../role.ts'
import { exportsFile, nfsConf, nfsUnits } from './config.ts'
import { exportsReload } from './reload.ts'

const reload = 'reload exports'

const steps = ({ vars, platform }: Context): Resource[] => [
  clusterGuard(platform),
  packages(platform.packages.nfsServer, { hold: true }),
  // Only the resource script runs these, masked or at least not at boot; an nfsd that the boot started would have lost its clients' state before /data is there.
  ...platform.nfsUnits.map(unit => service(unit, nfsUnits(vars))),
  // NFSv4 needs no portmapper; its port is one less to guard.
  ...['rpcbind.socket', 'rpcbind.service'].map(unit => service(unit, { enabled: false, from: 'package rpcbind' })),
  file('/etc/exports.d/nfsha.exports', { content: exportsFile(vars), notify: [reload] }),
  file('/etc/nfs.conf.d/nfsha.conf', { content: nfsConf(vars) }),
  // A standby that has its modules loaded takes over two seconds sooner.
  file('/etc/modules-load.d/nfsha-nfs.conf', { content: 'nfsd\n' }),
  kernelModule('nfsd'),
]

export const nfs: Role = {
  name: 'nfs',
  summary: 'NFS server packages, exports and settings; runs nothing',
  steps,
  handlers: ({ vars }) => [exportsReload(reload, vars)],
}
