/**
 * The state of a pair as data: the schema of `status.yml --output json`, documented in docs/status.md. `v` changes when a field changes its meaning.
 * `null` means "not read", never "no".
 */
export interface ClusterStatus {
  v: 1
  cluster: string
  /** One line: `served by M1; M2 was not read (unreachable)` */
  headline: string
  service: Service
  /** The active node, as far as it is known. */
  holder: string | null
  verdict: Verdict
  nodes: NodeStatus[]
  /** Causes, each with its consequences. */
  problems: StatusCause[]
}

/** `on-both`: both nodes have the virtual IP. */
export type Service = 'served' | 'not-served' | 'not-known' | 'on-both'

interface Verdict {
  state: 'healthy' | 'degraded' | 'down' | 'not-known'
  /** The other node can take over. */
  redundant: boolean | null
  /** Since when it cannot, seconds since 1970 by the clock of the node that saw it; null if it can, or if the time is not known. */
  since: number | null
  text: string
}

export interface NodeStatus {
  host: string
  read: 'completely' | 'partly' | 'no'
  /** Why it was not read completely. */
  why: string | null
  virtualIp: boolean | null
  heartbeat: 'running' | 'in-transition' | 'stopped' | null
  /** In a fixed order: the heartbeat NIC, the replication NIC, others. */
  links: LinkStatus[] | null
  /** `configured: false`: DRBD has no device on this node. */
  drbd: DrbdStatus | { configured: false } | null
  mounted: 'read-write' | 'read-only' | 'no' | null
  /** The source of the mount with the clients' state; empty if it is not mounted. */
  clientState: string | null
  exported: boolean | null
  /** When the service started on this node (takeover, or restart by the watch), while it serves. Seconds since 1970 by the node's clock. */
  servingSince: number | null
  /** `threads: 0`: nfsd is not running, and the other fields are null. */
  nfsd: NfsdStatus | null
  /** Addresses of nfsd's NFSv4 clients. */
  clients: string[] | null
  space: { mount: string; usedPercent: number; inodesPercent: number }[] | null
  pendingHandlers: string[] | null
  /** The text of the maintenance marker; empty without one. */
  maintenance: string | null
  /** The owner of the play that is running on the node; empty if there is none. */
  play: string | null
  system: string | null
  versions: Record<string, string> | null
}

export interface LinkStatus {
  nic: string
  /** `no-carrier`, or heartbeat's view of the other node on this link: `up`, `dead`; `unknown` while heartbeat is stopped. */
  state: string
}

export interface DrbdStatus {
  configured: true
  connection: string
  role: string
  peerRole: string
  disk: string
  peerDisk: string
  suspended: boolean
  outOfSyncKiB: number
  resync: { percent: number; bytesPerSecond: number; secondsLeft: number } | null
}

interface NfsdStatus {
  threads: number
  versions: string | null
  leaseSeconds: number | null
  graceSeconds: number | null
  scope: string | null
  clientTracking: string | null
}

/** One problem, reported once for all affected nodes. */
export interface StatusProblem {
  /** Kebab-case, listed in docs/status.md. */
  code: string
  hosts: string[]
  text: string
  next: NextStep
}

/** The operator's next step. `on`: the host on which to run the command; empty means the machine that runs nfsha-play. */
export interface NextStep {
  on: string
  command: string
  note?: string
}

export interface StatusCause extends StatusProblem {
  /** A notice (a running resynchronisation) does not affect the exit code. */
  severity: 'problem' | 'notice'
  consequences: StatusProblem[]
}
