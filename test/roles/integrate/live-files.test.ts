import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { changesOf, inSync, type Verdict } from '../../../lib/resources/verdict.ts'
import { filesReadLive, releasesAll } from '../../../roles/integrate/config.ts'
import { liveFiles } from '../../../roles/integrate/live-files.ts'
import type { Context } from '../../../roles/role.ts'
import { contextOn } from '../contexts.ts'

/** A pair whose service network is on NICs of different names. */
const unlike = (): Context => {
  const context = contextOn(debian12, {}, 'ha_stack=lean')
  const nodes = context.cluster.nodes.map((n, i) => ({ ...n, vars: { ...n.vars, node_service_nic: i === 0 ? 'em1' : 'eth0' } }))
  return { ...context, vars: nodes.find(n => n.name === context.host)?.vars ?? context.vars, cluster: { ...context.cluster, nodes } }
}

const member = (context: Context, host: string, serves: boolean, edit = (text: string) => text) => {
  const vars = context.cluster.nodes.find(n => n.name === host)?.vars ?? context.vars
  const files = filesReadLive({ ...context, host, vars }).map(({ options }) => ({
    kind: 'present' as const,
    state: { kind: 'regular file', content: edit(String(options.content)), mode: options.mode ?? 0o644, owner: 'root', group: 'root' },
  }))
  return { host, reading: { kind: 'present' as const, state: { serves, files } } }
}

test("each node has the settings of its own NIC, whichever node's context is used", () => {
  const context = unlike()
  const resource = liveFiles(context, filesReadLive)
  expect(resource.compare([member(context, 'M1', true), member(context, 'M2', false)] as never)).toEqual(inSync)
})

test('a change on the active node needs one hand-over, a change on the standby none', () => {
  const context = unlike()
  const resource = liveFiles(context, filesReadLive)
  const older = (text: string) => text.replace('nfsha', 'nfsha ')
  const attributes = (verdict: Verdict) => changesOf(verdict).map(c => `${c.attribute}: ${c.to}`)
  expect(attributes(resource.compare([member(context, 'M1', true, older), member(context, 'M2', false)] as never)).at(-1)).toBe(
    'service: handed over to M2, once: clients wait for a few seconds',
  )
  const onStandby = attributes(resource.compare([member(context, 'M1', true), member(context, 'M2', false, older)] as never))
  expect(onStandby.filter(a => a.startsWith('service:'))).toEqual([])
  expect(onStandby).not.toEqual([])
})

test.each([
  ['a chain that was written by hand', 'M1 IPaddr::192.168.0.219/24/em1 drbddisk::drbd Filesystem::/dev/drbd0::/data::ext4 nfsd\n', true],
  ['the address alone', 'M1 IPaddr::192.168.0.219/24/em1\n', false],
  ['our own', 'M1 nfsha\n', false],
  ['nothing yet', '# an example: M1 IPaddr::1.2.3.4 httpd\n', false],
])('what a node has acquired with %s is released by the new text: %s %s', (_, old, expected) => {
  expect(releasesAll(old, 'M1 nfsha\n')).toBe(expected)
  expect(releasesAll(old, 'M1 IPaddr::192.168.0.219/24/em1 nfsd\n')).toBe(false)
})
