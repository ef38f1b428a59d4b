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
 * Runs once at boot, before heartbeat, and is undone at shutdown, after heartbeat. Commands without a path are looked up in the system's
 * directories of administration programs.
 */
export interface BootJob {
  name: string
  description: string
  commands: { command: string; mayFail?: boolean }[]
  /** May fail, and has 20 s: it must not block a shutdown. */
  undo: string
}

/** A package repository: the operator configures it where the system's own repositories no longer exist. */
export interface Repository {
  name: string
  url: string
  /** URL of the key that signs its packages. */
  key: string
}

/** Ports of the services that NFSv3 needs. */
export interface NfsPorts {
  mountd: number
  /** The same over TCP and UDP. */
  lockd: number
  statd: number
  /** The port from which sm-notify sends and on which it receives replies. */
  smNotify: number
}

/** Settings of the NFS server. */
export interface NfsSettings {
  /** In the syntax of nfs.conf(5). */
  conf: string
  /** Only with fixed ports. */
  ports?: NfsPorts
}

/** How the whole system is upgraded, if supported (apt-upgrade.ts). */
export interface SystemUpgrade {
  /** Shell that prints blocks for `parse`. */
  probe: string
  parse(stdout: string): UpgradeState | undefined
  readLists: string
  sources(files: string[], from: string, to: DebianRelease): string
  /** `ours`: held packages to upgrade as well. */
  upgrade(ours: string[]): string
  step: RegExp
  reboot: string[]
}

/** The differences between the supported systems. Roles use these fields and never check the system's name. */
export interface Platform {
  /** `Debian 12` */
  name: string
  /** Shown in the recap: the host is an unsupported system that the operator wants treated as this one. */
  untested?: string
  packages: {
    heartbeat: string[]
    drbd: string[]
    /** Packages to compile DRBD, without the kernel headers. */
    build: string[]
    nfsServer: string[]
    /** The tool that configures how nfsdcld writes its database; not held, otherwise its library could not be upgraded. */
    clientTracking: string[]
    nfsClient: string[]
    time: string[]
    lvm: string[]
    /** The tool that cluster-glue's external/ipmi calls. */
    ipmi: string[]
  }
  /** The package with the kernel headers. */
  kernelHeaders(kernel: string): string
  /** Where that package installs them. */
  kernelTree(kernel: string): string
  services: { heartbeat: string; time: string }
  /** System services that must never start NFS: the resource script does that. */
  nfsUnits: string[]
  /** The portmapper, which NFSv3 needs and NFSv4 does not. */
  portmapUnits: string[]
  /** Which stacks (`ha_stack`) can run here. */
  stacks: ('lean' | 'article')[]
  /** Why the others cannot. */
  stackReason: string
  /** Programs that the NFS server packages must have installed. */
  nfsPrograms: string[]
  /** mkfs.ext4(8): the options of this version against work that is deferred to the first mount. */
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
    /** Shell that prints when a service stopped, `@` and s since 1970; nothing if it has not run since boot, or if the time is unknown. */
    endedAt(service: string): string
    /** Shell that makes the service manager notice added or removed unit files. */
    rereadUnits: string
    /** Where an operator finds the log of the service: a command or a file, for messages. */
    log(service: string): string
    /** Prints the kernel log, latest first, including earlier boots if available. */
    kernelLog: string
    /** Shell that prints the active exports, one per line: `/data 192.168.0.0/24(rw,...)`. */
    exported: string
    /** Reads the versions of the installed ones of these packages, one per line: `name want installed version`. */
    versions(names: string[]): Source
    /** Shell that makes the time service set the clock now, within a minute. */
    setClock: string
    /** A command that overwrites a disk with zeros and refuses one in use. It is only shown to the operator, never run. */
    emptyDisk(disk: string): string
  }
  /** Undefined if only the operator can upgrade it. */
  systemUpgrade?: SystemUpgrade | undefined
  install(names: string[], options?: { hold?: string[] }): HostResource
  service(name: string, options: ServiceOptions): HostResource
  /** Additional servers for the time service. */
  timeServers(servers: string[]): Resource[]
  repositories(list: Repository[]): Resource[]
  /** Prevents package installations and upgrades from starting, stopping or restarting these services. */
  guard(services: string[]): Resource[]
  hostName(name: string): HostResource
  hostRoute(route: PinnedRoute): HostResource
  /** The same routes after a boot. */
  persistentRoutes(routes: PinnedRoute[], facts: Facts): Resource[]
  /** Makes the service manager keep track of a heartbeat that restarts itself. */
  heartbeatFollowed(): Resource[]
  moduleAtBoot(name: string, module: string): Resource
  atBoot(job: BootJob): Resource[]
  /** The line of exports(5) for one path and client, and no other line for the same path and client. */
  exports(wanted: { path: string; client: string; line: string }, notify: string[]): Resource[]
  /** Settings of the NFS server, in the format of the system. */
  nfsSettings(settings: NfsSettings, notify: string[]): Resource[]
}
