import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { ClusterNodes, Plan } from '../../../lib/resources/resource.ts'
import { planForce } from '../../../roles/force-primary/role.ts'
import type { NamedCopy } from '../../../roles/service/copies/copy.ts'
import { contextOn } from '../contexts.ts'
import { copyState, loneCopy } from '../service/copies/copy-states.ts'

const planned = (copies: NamedCopy[], missing: string[], ...extra: string[]) =>
  planForce(copies, missing, [], contextOn(debian12, {}, ...extra))
const why = (plan: Plan) => (plan.kind === 'refused' ? plan.why : plan.kind)
const survivor = 'drbd_survivor=M1'

test.each(['Consistent', 'Outdated'])('a copy that is %s is taken, and what may be lost is shown first', disk => {
  const plan = planned([loneCopy(disk)], ['M2'], survivor)
  expect(plan.kind === 'steps' && plan.steps.map(s => s.name)).toEqual([
    'take the copy of M1',
    'start heartbeat on M1',
    'wait until M1 serves',
  ])
  expect(plan.kind === 'steps' && plan.steps[0]?.changes).toEqual([
    {
      attribute: 'copy of M1',
      from: `${disk}; M2 was lost at 2026-11-29T23:20:01+0000, and what it wrote since is lost`,
      to: 'used from now on',
    },
  ])
})

test('no survivor named, an incomplete copy, an unread node, a peer that is still there: refused', () => {
  expect(why(planned([loneCopy('Outdated')], ['M2']))).toMatch(
    /^which copy is to be used\? Name its node: -e drbd_survivor=<node> \(M1 or M2\)$/,
  )
  expect(why(planned([loneCopy('Inconsistent')], ['M2'], survivor))).toMatch(/not a usable copy/)
  expect(why(planned([loneCopy('Outdated', { host: 'M2' })], ['M1'], survivor))).toBe('M1 was not read')
  expect(why(planned([loneCopy('Outdated'), copyState({ host: 'M2' })], [], survivor))).toMatch(/^both nodes were read/)
  expect(why(planned([loneCopy('Outdated', { answers: ['192.168.0.211 over em1'] })], ['M2'], survivor))).toMatch(
    /^M2 is not gone \(it answers at 192/,
  )
})

test('immediately before the write the other node is checked again: if it has come back, nothing is forced', async () => {
  const plan = planned([loneCopy('Outdated')], ['M2'], survivor)
  const scripts: string[] = []
  const run = async (script: string) => {
    scripts.push(script)
    return { code: 0, stdout: '', stderr: '' }
  }
  if (plan.kind === 'steps') await plan.steps[0]?.run({ on: () => ({ connection: { run } }) } as unknown as ClusterNodes)
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-take-'))
  try {
    const program = (name: string, body: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
      chmodSync(join(folder, name), 0o755)
    }
    program('ping', 'case "$*" in *172.16.0.211) exit 0 ;; *) exit 1 ;; esac')
    program('drbdadm', `echo "$*" > ${folder}/written`)
    program('grep', 'exit 0')
    const guarded = () => spawnSync('sh', ['-c', scripts[0] ?? 'exit 9'], { env: { PATH: `${folder}:/usr/bin:/bin` }, encoding: 'utf8' })
    expect(guarded()).toMatchObject({ status: 1, stderr: 'M2 answers at 172.16.0.211 over em2\n' })
    expect(spawnSync('cat', [`${folder}/written`]).status).toBe(1)
    program('ping', 'exit 1')
    expect(guarded().status).toBe(0)
    expect(spawnSync('cat', [`${folder}/written`], { encoding: 'utf8' }).stdout).toBe('primary --force drbd\n')
    program('grep', 'exit 1')
    expect(guarded().status).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
