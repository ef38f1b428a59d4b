import { debian12 } from './debian12.ts'
import type { Platform } from './platform.ts'

/** Debian 13: like Debian 12, except for changes in its newer packages. */
export const debian13: Platform = {
  ...debian12,
  name: 'Debian 13',
  // nfs-utils 2.8: nfs-server and nfs-mountd.service pull in fsidd (RequiredBy), which keeps files on the exported file system open.
  nfsUnits: [...debian12.nfsUnits, 'fsidd.service'],
}
