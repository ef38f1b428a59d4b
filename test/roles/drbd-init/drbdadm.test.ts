import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { articleGlobalCommon, articleResource } from '../../../roles/drbd-init/article.ts'
import { resourceFile } from '../../../roles/drbd-init/config.ts'
import { firstOf } from '../../../roles/role.ts'
import { articleCluster } from '../article-cluster.ts'

// The real drbdadm checks both stacks' files, as if the module had this version; needs no module and no machine.

const installed = spawnSync('drbdadm', ['--version']).status === 0
const cluster = articleCluster()

const adjust = (files: string[], module: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-drbdadm-'))
  try {
    const path = join(folder, 'all.conf')
    writeFileSync(path, files.join('\n'))
    const env = { ...process.env, DRBD_DRIVER_VERSION_OVERRIDE: module, __DRBD_NODE__: 'M1.redhat.sx' }
    return execFileSync('drbdadm', ['-c', path, '-d', 'adjust', 'drbd'], { env, stdio: 'pipe' }).toString()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const article = [articleGlobalCommon(firstOf(cluster).vars), articleResource(cluster)]

describe.skipIf(!installed)(installed ? 'drbdadm' : 'drbdadm is not installed here (drbd-utils)', () => {
  test('accepts the files of the reference setup for an 8.4 module and translates 8.3 syntax', () => {
    const commands = adjust(article, '8.4.11')
    for (const option of ['--disk-flushes=no', '--md-flushes=no', '--resync-rate=1024M', '--al-extents=517', '--protocol=C'])
      expect(commands).toContain(option)
  })

  test('refuses them for a version 9 module', () => expect(() => adjust(article, '9.1.0')).toThrow(/got 'unplug-watermark'/))

  test('accepts ours for an 8.4 module', () => {
    const commands = adjust([resourceFile(cluster)], '8.4.11')
    for (const option of ['--after-sb-0pri=disconnect', '--fencing=resource-and-stonith', '--on-no-data-accessible=suspend-io'])
      expect(commands).toContain(option)
  })

  test('refuses ours for a version 9 module, where fencing is a net option', () =>
    expect(() => adjust([resourceFile(cluster)], '9.1.0')).toThrow(/got 'fencing'/))
})
