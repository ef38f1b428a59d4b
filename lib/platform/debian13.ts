import { debian12 } from './debian12.ts'
import type { Platform } from './platform.ts'

/** Debian 13: as Debian 12, but for what its newer packages brought. */
export const debian13: Platform = {
  ...debian12,
  name: 'Debian 13',
  // nfs-utils 2.8: nfs-server.service and nfs-mountd.service pull fsidd in (RequiredBy), which keeps files of the exported file system open.
  nfsUnits: [...debian12.nfsUnits, 'fsidd.service'],
}
