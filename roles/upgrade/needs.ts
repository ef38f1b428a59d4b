import type { DebianRelease, UpgradeState } from '../../lib/role-api/index.ts'
import type { NamedNode } from './state.ts'

/** Pure: packages with a newer version, except those that the operator holds. */
export const newerPackages = ({ newer, held }: UpgradeState, ours: readonly string[]): string[] =>
  newer.filter(name => ours.includes(name) || !held.includes(name))

/** Pure: whether the package lists must be read to know if anything is newer. Another release is newer in any case. */
export const needsLists = (upgrade: UpgradeState, release: DebianRelease | undefined): boolean =>
  !upgrade.listsRead && (release === undefined || release === upgrade.release)

/** Pure: whether there is another release, newer packages, or an interrupted upgrade. */
export const needsPackages = (upgrade: UpgradeState, release: DebianRelease | undefined, ours: readonly string[]): boolean =>
  (release !== undefined && upgrade.release !== release) || upgrade.unfinished.length > 0 || newerPackages(upgrade, ours).length > 0

/** Pure: whether the machine runs something older than what is installed on it. */
export const needsBoot = (upgrade: UpgradeState): boolean => upgrade.bootNeeded || upgrade.kernel !== upgrade.newestKernel

/** Pure: whether packages must be upgraded or the machine must be rebooted. */
export const needsWork = ({ upgrade }: NamedNode, release: DebianRelease | undefined, ours: readonly string[]): boolean =>
  upgrade !== undefined && (needsPackages(upgrade, release, ours) || needsBoot(upgrade))

/**
 * Pure: the node that this play upgrades. A node whose upgrade an earlier run has started comes first. Then the standby; then, in its own
 * turn, the active node, after the other one has been upgraded (or, in check mode, would have been).
 */
export const chooseNode = (
  nodes: NamedNode[],
  turn: 'standby' | 'other',
  release: DebianRelease | undefined,
  ours: readonly string[],
): string | undefined => {
  const begun = nodes.find(n => n.upgrading)
  if (begun) return begun.host
  const wants = (n: NamedNode) => needsWork(n, release, ours) || (n.upgrade !== undefined && needsLists(n.upgrade, release))
  const [standby, holder] = [nodes.find(n => !n.vip), nodes.find(n => n.vip)]
  if (turn === 'standby') return standby && wants(standby) ? standby.host : undefined
  return [holder, standby].find(n => n && wants(n))?.host
}
