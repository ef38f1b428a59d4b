// The public entry point of the package: `import { defineRole, file, z } from 'nfsha-play'`. docs/your-own-role.md documents it, a test
// freezes it. The built-in roles import nothing else from lib, which shows that it is complete.

// A role and its context.

export type { Cluster, Node, Role, RoleContext } from '../engine/role.ts'
export type { Facts } from '../platform/facts.ts'
export { nearestPlatforms } from '../platform/nearest.ts'
export type { BootJob, NfsPorts, NfsSettings, Platform, SystemUpgrade } from '../platform/platform.ts'
export type { RoleDefinition } from './define-role.ts'
export { defineRole } from './define-role.ts'
export { notifying } from './notify.ts'

// Kinds of resources of a host.

export { group, user } from '../resources/account.ts'
export { assertion } from '../resources/assertion.ts'
export { command } from '../resources/command.ts'
export { cronEntry } from '../resources/cron-entry.ts'
export { directory } from '../resources/directory.ts'
export { edited, lineInFile } from '../resources/edit.ts'
export { file, removed } from '../resources/file.ts'
export { kernelModule, sysctl } from '../resources/kernel.ts'
export { link } from '../resources/link.ts'
export { logicalVolume } from '../resources/lvm.ts'
export { restart } from '../resources/restart.ts'

// The parts of a resource kind: readings, verdicts, changes.

export { clusterAssertion, hostAssertion } from '../resources/assertion.ts'
export { atWork } from '../resources/at-work.ts'
export { blocksOf, fieldsRead } from '../resources/blocks.ts'
export type { FileOptions, FileState } from '../resources/file.ts'
export { embedded, parseEmbedded, writeFile } from '../resources/file.ts'
export { statesOf } from '../resources/members.ts'
export { ApplyFailed, failedScript } from '../resources/outcome.ts'
export type { PackagesResource } from '../resources/package-manager.ts'
export { probeOf } from '../resources/probe.ts'
export { quote } from '../resources/quote.ts'
export type { Probe, Reading, Unknown } from '../resources/reading.ts'
export { absent, notRead, postponed, present, skip, unknown, unknownOn } from '../resources/reading.ts'
export type {
  ApplyContext,
  ClusterAssertion,
  ClusterNodes,
  ClusterResource,
  HostAssertion,
  HostResource,
  Member,
  Plan,
  Procedure,
  Progress,
  Resource,
  Step,
  Table,
  Tone,
  Undo,
} from '../resources/resource.ts'
export { planOf } from '../resources/resource.ts'
export { oneHop } from '../resources/route.ts'
export type { Source } from '../resources/source.ts'
export { shell, shellOf, simple, text } from '../resources/source.ts'
export type { Change, Verdict } from '../resources/verdict.ts'
export { allOf, changesOf, differsBy, inSync, refused, refusedFor, reworded } from '../resources/verdict.ts'

// Long jobs, and restarts.

export { awaitBoot, bootIdOf, restartMachine } from '../resources/boot.ts'
export { jobsDirectory, runJob, runJobOn } from '../resources/job.ts'
export { reporting } from '../resources/progress.ts'

// Parsers for disks, DRBD and NFS.

export type { DebianRelease, UpgradeState } from '../resources/apt-upgrade.ts'
export { debianReleases } from '../resources/apt-upgrade.ts'
export type { DrbdSuperblock, Judgement, Reason } from '../resources/blank.ts'
export { judgeDisk, notBlank, parseJudgement } from '../resources/blank.ts'
export { parseDf } from '../resources/df.ts'
export { drbdState, parseDrbdState } from '../resources/drbd-state.ts'
export type { ExportEntry } from '../resources/exports.ts'
export { parseExports } from '../resources/exports.ts'
export type { Ext4Size } from '../resources/ext4-size.ts'
export { blocksOn, parseExt4Size, superblockOf } from '../resources/ext4-size.ts'
export { volumeBytes } from '../resources/lvm.ts'
export type { DrbdDevice } from '../resources/proc-drbd.ts'
export { describeDevice, isSyncing, minorOf, parseProcDrbd, syncProgress } from '../resources/proc-drbd.ts'

// The state of a pair as data.

export type {
  ClusterStatus,
  DrbdStatus,
  LinkStatus,
  NextStep,
  NodeStatus,
  Service,
  StatusCause,
  StatusProblem,
} from '../resources/cluster-status.ts'

// Texts and files.

export { fieldSecret } from '../config/schema-issue.ts'
export { didYouMean } from '../config/suggest.ts'
export { fetchArchive } from '../download/archive.ts'
export { bytes, clock } from '../text/amounts.ts'
export { packagedFile, packagedScript } from '../text/packaged.ts'
