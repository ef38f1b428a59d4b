import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Facts } from '../../lib/platform/facts.ts'
import type { Platform } from '../../lib/platform/platform.ts'
import type { Nic } from '../../lib/resources/ip-address.ts'
import type { Context } from '../../roles/role.ts'
import { firstOf } from '../../roles/role.ts'
import { articleCluster } from './article-cluster.ts'

const nic = (name: string, address: string): Nic => ({ name, mac: 'b8:ca:3a:f1:00:2f', up: true, addresses: [address] })

export const nicsOfM1 = [nic('em1', '192.168.0.210/24'), nic('em2', '172.16.0.210/24'), nic('em3', '172.16.100.210/24')]

/** M1 of the reference pair on a platform, with further variables. */
export const contextOn = (platform: Platform, facts: Partial<Facts> = {}, ...extra: string[]): Context => {
  const cluster = articleCluster(...extra)
  return {
    host: 'M1',
    vars: firstOf(cluster).vars,
    cluster,
    platform,
    facts: {
      os: 'debian',
      version: '12',
      kernel: '6.1.0',
      kernels: ['6.1.0'],
      arch: 'x86_64',
      machineId: '1',
      bootId: '1',
      init: 'systemd',
      root: true,
      nics: nicsOfM1,
      ...facts,
    },
  }
}

const license = fileURLToPath(new URL('../../LICENSE', import.meta.url))

/** Variables of a build from source. The archives are an existing file that nothing unpacks. */
export const sourceVariables = (...kinds: ('combined' | 'utilities' | 'kernel')[]): string => {
  const sha256 = createHash('sha256').update(readFileSync(license)).digest('hex')
  return JSON.stringify({ drbd_build_method: 'source', drbd_build_archives: kinds.map(kind => ({ kind, source: license, sha256 })) })
}
