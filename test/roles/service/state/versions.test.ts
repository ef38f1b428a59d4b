import { expect, test } from 'vitest'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { isMixed, upstreamOf, versionDifferences } from '../../../../roles/service/state/versions.ts'

const node = (host: string, system: string, versions: Record<string, string>) => ({ host, system, versions }) as NamedState
const twelve = { heartbeat: '1:3.0.6-13+b2', 'drbd-utils': '9.22.0-1', 'nfs-common': '1:2.6.2-4+deb12u1', 'resource-agents': '1:4.12.0-2' }
const thirteen = { heartbeat: '1:3.0.6-17', 'drbd-utils': '9.22.0-3', 'nfs-common': '1:2.8.3-1', 'resource-agents': '1:4.16.0-3' }

test.each([
  ['1:2.6.2-4+deb12u1', '2.6.2'],
  ['9.22.0-1', '9.22.0'],
  ['3.0.6', '3.0.6'],
  ['1:4.12.0~rc1-2', '4.12.0~rc1'],
  ['1.2-3-4', '1.2-3'],
])('%s is upstream version %s', (version, upstream) => expect(upstreamOf(version)).toBe(upstream))

test('Debian 12 and 13 together are an upgrade in progress, without relevant differences', () => {
  const pair = [node('M1', 'debian 12', twelve), node('M2', 'debian 13', thirteen)] as const
  expect(isMixed(pair)).toBe(true)
  expect(versionDifferences(...pair)).toEqual([])
})

test('versions that were not tested together are reported', () => {
  const newer = { ...thirteen, 'nfs-common': '1:3.1.1-1', 'drbd-utils': '9.33.0-1' }
  expect(
    versionDifferences(node('M1', 'debian 12', twelve), node('M2', 'debian 14', newer)).map(c => `${c.attribute}: ${c.from}, ${c.to}`),
  ).toEqual([
    'version of drbd-utils: M1 9.22.0-1, M2 9.33.0-1, versions that were tested together (docs/platforms.md)',
    'version of nfs-common: M1 1:2.6.2-4+deb12u1, M2 1:3.1.1-1, versions that were tested together (docs/platforms.md)',
  ])
})

test('on the same release any other version is a difference, and so is a package that only one node has', () => {
  const other = { ...twelve, heartbeat: '1:3.0.6-13+b3', 'resource-agents': '1:4.12.0-3' }
  expect(versionDifferences(node('M1', 'debian 12', twelve), node('M2', 'debian 12', other)).map(c => c.attribute)).toEqual([
    'version of heartbeat',
    'version of resource-agents',
  ])
  const { heartbeat: _, ...without } = thirteen
  expect(versionDifferences(node('M1', 'debian 12', twelve), node('M2', 'debian 13', without))).toMatchObject([
    { code: 'packages-missing', host: 'M2', item: 'heartbeat' },
  ])
})
