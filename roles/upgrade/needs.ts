import type { DebianRelease, UpgradeState } from '../../lib/role-api/index.ts'
import type { NamedNode } from './state.ts'

/** Pure: packages of which there is a newer version, without those that the operator holds. */
export const newerPackages = ({ newer, held }: UpgradeState, ours: readonly string[]): string[] =>
  newer.filter(name => ours.includes(name) || !held.includes(name))

/** Pure: the package lists must be read before it can be said whether anything is newer; another release is newer in any case. */
export const needsLists = (upgrade: UpgradeState, release: DebianRelease | undefined): boolean =>
  !upgrade.listsRead && (release === undefined || release === upgrade.release)

/** Pure: another release, newer packages, or an upgrade that was broken off. */
export const needsPackages = (upgrade: UpgradeState, release: DebianRelease | undefined, ours: readonly string[]): boolean =>
  (release !== undefined && upgrade.release !== release) || upgrade.unfinished.length > 0 || newerPackages(upgrade, ours).length > 0

/** Pure: the machine runs something older than what is installed on it. */
export const needsBoot = (upgrade: UpgradeState): boolean => upgrade.bootNeeded || upgrade.kernel !== upgrade.newestKernel

/** Pure: anything at all. */
export const needsWork = ({ upgrade }: NamedNode, release: DebianRelease | undefined, ours: readonly string[]): boolean =>
  upgrade !== undefined && (needsPackages(upgrade, release, ours) || needsBoot(upgrade))

/**
 * Pure: which node this play upgrades. One that an earlier run has begun with comes first. Then the one that does not serve; the one that does in
 * its own turn, once the other has been done (or, in a check, will have been).
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
