import { expect, test } from 'vitest'
import { debian12 } from '../../lib/platform/debian12.ts'
import { debian13 } from '../../lib/platform/debian13.ts'
import { siteRoles } from '../../roles/index.ts'
import { contextOn, nicsOfM1, sourceVariables } from './contexts.ts'

// uninstall.yml undoes a resource with its `undo`, and every file from the node's backup records. A resource with neither is listed here
// with the reason.

const contexts = [
  contextOn(debian13, {}, 'ha_stack=lean', '{"base_time_servers": ["192.168.0.1"]}'),
  contextOn(
    debian12,
    { nics: nicsOfM1.map(n => ({ ...n, manager: 'NetworkManager' })) },
    'ha_stack=article base_firewall=open nfs_v3=true',
  ),
  contextOn(debian12, {}, 'heartbeat_watchdog=softdog', sourceVariables('kernel', 'utilities')),
  contextOn(debian12, {}, '{"heartbeat_stonith": {"plugin": "external/ipmi"}, "heartbeat_stonith_secret": {"passwd": "let me in"}}'),
  contextOn(debian12, {}, '{"drbd_init_lvm": {"group": "vg", "volume": "nfs", "size": "100%FREE", "disk": "/dev/sdb"}}'),
]

const reasons: [RegExp, string][] = [
  [/^(file|drop-in) \//, 'each node has noted what stood there before'],
  [/^(host name|kernel module .*|volume \S+\/\S+|firewall|DRBD from source .*)$/, 'stays, and docs/changing-a-pair.md says so'],
  [/^(DRBD metadata|file system|volume for the clients' state|first synchronisation) /, 'the data stays, or is wiped by drbd_wipe'],
  [/^(DRBD resource|first start of heartbeat)/, 'uninstall.yml ends heartbeat and DRBD in an order of its own'],
  [/^(time servers|live heartbeat files)$/, 'is in force in a running program, and on disk in a file'],
  [/^clocks agree$/, 'nobody wants the wrong time back'],
]

test('uninstall.yml undoes every resource that changes a node: give it an undo, or list it here with a reason', () => {
  const left = new Set<string>()
  for (const context of contexts)
    for (const role of siteRoles.filter(r => r.name !== 'client'))
      for (const resource of role.steps(context))
        if ('apply' in resource && !resource.undo && !('edits' in resource && resource.edits)) left.add(resource.id)
  expect([...left].filter(id => !reasons.some(([pattern]) => pattern.test(id)))).toEqual([])
  for (const [pattern] of reasons) expect([...left].some(id => pattern.test(id))).toBe(true)
})
