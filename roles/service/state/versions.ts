import { type Problem, problem } from './problem-codes.ts'
import type { NamedState } from './state.ts'

/** Upstream versions that were tested together in one pair of Debian 12 and Debian 13 (docs/platforms.md). */
const together: Record<string, readonly string[]> = {
  heartbeat: ['3.0.6'],
  'drbd-utils': ['9.22.0'],
  'nfs-kernel-server': ['2.6.2', '2.8.3'],
  'nfs-common': ['2.6.2', '2.8.3'],
}
/** Packages that only affect their own node, so any versions work together. */
const apart = ['resource-agents', 'iputils-arping']

/** Pure: the upstream version, 2.6.2 for `1:2.6.2-4+deb12u1`. deb-version(7). */
export const upstreamOf = (version: string): string => version.replace(/^\d+:/, '').replace(/-[^-]*$/, '')

const servesWith = (name: string, one: string | undefined, two: string | undefined): boolean =>
  one !== undefined &&
  two !== undefined &&
  (apart.includes(name) || [one, two].every(version => together[name]?.includes(upstreamOf(version)) ?? false))

/** Pure: the nodes run different releases, as during an upgrade of one node after the other. */
export const isMixed = (states: readonly NamedState[]): boolean => new Set(states.map(s => s.system)).size > 1

/**
 * Pure: packages that differ. In a pair with two releases, versions that were tested together do not count; the status table shows the
 * releases.
 */
export const versionDifferences = (one: NamedState, two: NamedState): Problem[] => {
  const mixed = isMixed([one, two])
  const names = [...new Set([...Object.keys(one.versions), ...Object.keys(two.versions)])]
  return names
    .filter(name => one.versions[name] !== two.versions[name])
    .filter(name => !mixed || !servesWith(name, one.versions[name], two.versions[name]))
    .map(name => {
      const lacking = [one, two].find(s => !s.versions[name])
      if (lacking)
        return problem('packages-missing', { attribute: `package ${name}`, from: 'none', to: 'installed', item: name, host: lacking.host })
      const from = `${one.host} ${one.versions[name]}, ${two.host} ${two.versions[name]}`
      const attribute = `version of ${name}`
      const to = mixed ? 'versions that were tested together (docs/platforms.md)' : 'the same on both nodes'
      return problem('versions-differ', { attribute, from, to, item: name })
    })
}
