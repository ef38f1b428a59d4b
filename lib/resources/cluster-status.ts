/**
 * The state of a pair as data: the schema of `status.yml --output json`, documented in docs/status.md. `v` changes when a field changes its meaning.
 * `null` means "not read", never "no".
 */
export interface ClusterStatus {
  v: 1
  cluster: string
  /** In words: `served by M1; M2 was not read (unreachable)` */
  headline: string
  service: Service
  /** The node that serves, as far as that was read. */
  holder: string | null
  verdict: Verdict
  nodes: NodeStatus[]
  /** Causes first; what follows from each is inside it. */
  problems: StatusCause[]
}

/** `on-both`: both nodes have the virtual IP. */
export type Service = 'served' | 'not-served' | 'not-known' | 'on-both'

interface Verdict {
  state: 'healthy' | 'degraded' | 'down' | 'not-known'
  /** The other node can take over. */
  redundant: boolean | null
  /** Since when it cannot, seconds since 1970 by the clock of the node that saw it; null where it can, and where nothing tells it. */
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
  /** Where the clients' state is mounted from; empty where it is not mounted. */
  clientState: string | null
  exported: boolean | null
  /** When the service was started on this node, while it serves: a takeover, or a restart by the watch. Seconds since 1970 by the node's own clock. */
  servingSince: number | null
  /** `threads: 0`: nfsd does not run, and the other fields are null. */
  nfsd: NfsdStatus | null
  /** Addresses of the NFSv4 clients that nfsd knows. */
  clients: string[] | null
  space: { mount: string; usedPercent: number; inodesPercent: number }[] | null
  pendingHandlers: string[] | null
  /** What the maintenance marker says; empty without one. */
  maintenance: string | null
  /** Whose play runs on the node now; empty when none does. */
  play: string | null
  system: string | null
  versions: Record<string, string> | null
}

export interface LinkStatus {
  nic: string
  /** `no-carrier`, or as heartbeat sees the other node on it: `up`, `dead`; `unknown` while heartbeat is stopped. */
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

/** One problem, told once for all nodes that it concerns. */
export interface StatusProblem {
  /** Kebab-case, listed in docs/status.md. */
  code: string
  hosts: string[]
  text: string
  next: NextStep
}

/** What an operator does next. `on`: where the command is pasted; empty is where nfsha-play runs. */
export interface NextStep {
  on: string
  command: string
  note?: string
}

export interface StatusCause extends StatusProblem {
  /** A notice does not count against the exit code: a resynchronisation that runs. */
  severity: 'problem' | 'notice'
  consequences: StatusProblem[]
}
