/** What differs between the systems we run on. Roles ask it; they never ask for the system's name. */
export interface Platform {
  /** `Debian 12` */
  name: string
  packages: {
    heartbeat: string[]
    drbd: string[]
    nfsServer: string[]
    nfsClient: string[]
    time: string[]
    lvm: string[]
  }
  services: { heartbeat: string; time: string }
  /** Units of the system that must never start NFS on their own: the resource script does. */
  nfsUnits: string[]
  paths: {
    haDir: string
    heartbeatLibexec: string
    drbdConfigDir: string
    /** The NFS server's init script, as the article's resource script calls it. */
    nfsInit: string
  }
}
