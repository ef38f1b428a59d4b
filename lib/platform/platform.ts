import type { DebianRelease, UpgradeState } from '../resources/apt-upgrade.ts'
import type { HostResource, Resource } from '../resources/resource.ts'
import type { ServiceOptions } from '../resources/service.ts'
import type { Source } from '../resources/source.ts'
import type { Facts } from './facts.ts'

/** A host route that pins the peer's address to its own link. */
export interface PinnedRoute {
  address: string
  nic: string
}

/**
 * What the boot does once, before heartbeat, and the shutdown undoes after heartbeat. Commands without a path are looked for where the system keeps its
 * administration programs.
 */
export interface BootJob {
  name: string
  description: string
  commands: { command: string; mayFail?: boolean }[]
  /** May fail, and is given 20 s: a shutdown waits for nobody. */
  undo: string
}

/** A place that packages come from: an input wherever the system's own are gone. */
export interface Repository {
  name: string
  url: string
  /** Where the key is that its packages are signed with. */
  key: string
}

/** Ports of the services that version 3 of NFS needs. */
export interface NfsPorts {
  mountd: number
  /** The same over TCP and UDP. */
  lockd: number
  statd: number
  /** Where sm-notify sends from, and hears the answers. */
  smNotify: number
}

/** Settings of the NFS server. */
export interface NfsSettings {
  /** In the notation of nfs.conf(5). */
  conf: string
  /** Where they are fixed. */
  ports?: NfsPorts
}

/** How the system as a whole is upgraded, where it can be (apt-upgrade.ts). */
export interface SystemUpgrade {
  /** Shell that prints blocks for `parse`. */
  probe: string
  parse(stdout: string): UpgradeState | undefined
  readLists: string
  sources(files: string[], from: string, to: DebianRelease): string
  /** `ours`: packages that are held, but for this. */
  upgrade(ours: string[]): string
  step: RegExp
  reboot: string[]
}

/** What differs between the systems we run on. Roles ask it; they never ask for the system's name. */
export interface Platform {
  /** `Debian 12` */
  name: string
  /** Shown in the recap: the host is another system, and the operator wants it played as this one. */
  untested?: string
  packages: {
    heartbeat: string[]
    drbd: string[]
    /** What compiles DRBD, without the kernel's headers. */
    build: string[]
    nfsServer: string[]
    /** What sets how nfsdcld writes its database; not held, or its library could not be upgraded. */
    clientTracking: string[]
    nfsClient: string[]
    time: string[]
    lvm: string[]
    /** What cluster-glue's external/ipmi calls. */
    ipmi: string[]
  }
  /** The package with the headers of a kernel. */
  kernelHeaders(kernel: string): string
  /** Where that package puts them. */
  kernelTree(kernel: string): string
  services: { heartbeat: string; time: string }
  /** Services of the system that must never start NFS on their own: the resource script does. */
  nfsUnits: string[]
  /** The portmapper, which version 3 of NFS needs and version 4 does not. */
  portmapUnits: string[]
  /** Which stacks (`ha_stack`) can run here. */
  stacks: ('lean' | 'article')[]
  /** Why the others cannot. */
  stackReason: string
  /** Programs that the NFS server packages must have brought. */
  nfsPrograms: string[]
  /** mkfs.ext4(8): what this version knows against work that is put off to the first mount. */
  ext4Options: string
  paths: {
    haDir: string
    heartbeatLibexec: string
    /** cluster-glue's plugins. */
    stonith: string
    drbdConfigDir: string
    initDir: string
    /** The NFS server's init script, as the article's resource script calls it. */
    nfsInit: string
    exports: string
  }
  commands: {
    start(service: string): string[]
    stop(service: string): string[]
    restart(service: string): string[]
    /** Shell that prints `active` when the service runs. */
    isActive(service: string): string
    /** Shell that prints when a stopped service ended, `@` and s since 1970; nothing where it has not run since the boot, and where nothing tells it. */
    endedAt(service: string): string
    /** Shell by which the service manager takes up that files of services have come or gone. */
    rereadUnits: string
    /** Where an operator reads what the service said: a command or a file, for messages. */
    log(service: string): string
    /** Prints what the kernel has said, the latest first, earlier boots too as far as it is kept. */
    kernelLog: string
    /** Shell that prints the exports in force, one a line: `/data 192.168.0.0/24(rw,...)`. */
    exported: string
    /** What tells the versions of those of these packages that are installed, one a line: `name want installed version`. */
    versions(names: string[]): Source
    /** Shell that has the time service set the clock now, within a minute. */
    setClock: string
    /** Writes zeros to all of a disk, and refuses one that is in use: what an operator is advised to do, nothing runs it. */
    emptyDisk(disk: string): string
  }
  /** Nothing where only the operator can upgrade it. */
  systemUpgrade?: SystemUpgrade | undefined
  install(names: string[], options?: { hold?: string[] }): HostResource
  service(name: string, options: ServiceOptions): HostResource
  /** Servers that the time service asks beside those it knows. */
  timeServers(servers: string[]): Resource[]
  repositories(list: Repository[]): Resource[]
  /** No installation or upgrade of a package starts, stops or restarts these. */
  guard(services: string[]): Resource[]
  hostName(name: string): HostResource
  hostRoute(route: PinnedRoute): HostResource
  /** The same routes after a boot. */
  persistentRoutes(routes: PinnedRoute[], facts: Facts): Resource[]
  /** What it takes that the system's service manager keeps sight of a heartbeat that restarts itself. */
  heartbeatFollowed(): Resource[]
  moduleAtBoot(name: string, module: string): Resource
  atBoot(job: BootJob): Resource[]
  /** The line of exports(5) for one path and client, and no other line for the same. */
  exports(wanted: { path: string; client: string; line: string }, notify: string[]): Resource[]
  /** Settings of the NFS server, in the notation that the system has for them. */
  nfsSettings(settings: NfsSettings, notify: string[]): Resource[]
}
