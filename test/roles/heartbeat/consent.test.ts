import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { consent } from '../../../roles/heartbeat/consent.ts'
import { contextOn } from '../contexts.ts'

// The wrapper's reply to dopd, with a fake /proc/drbd and drbdadm.

const all = mkdtempSync(join(tmpdir(), 'nfsha-consent-'))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(all, 'world-'))
})
afterAll(() => rmSync(all, { recursive: true }))

const connected = 'cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----'
const alone = 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----'
const outdated = 'cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown C r-----'

interface World {
  drbd: string
  /** The line after this number of readings: DRBD has noticed. */
  later?: { after: number; line: string }
  /** drbdadm's exit code, and whether it marks the copy. */
  code?: number
  marks?: boolean
  /** It has written data that the peer does not have: DRBD's generations, of which the second is the bitmap's. */
  ahead?: boolean
  /** drbdsetup prints nothing. */
  mute?: boolean
}

const answered = ({ drbd, later, code = 0, marks = false, ahead = false, mute = false }: World) => {
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const proc = join(folder, 'drbd')
  const table = (line: string) => `version: 8.4.11\n 0: ${line}\n    ns:0 oos:0\n`
  writeFileSync(proc, table(drbd))
  writeFileSync(join(folder, 'later'), table(later?.line ?? drbd))
  writeFileSync(join(folder, 'marked'), table(outdated))
  put('sleep', `echo >> ${folder}/looks; [ $(wc -l < ${folder}/looks) != ${later?.after ?? 0} ] || cp ${folder}/later ${proc}`)
  put('drbdadm', `echo "$*" >> ${folder}/called; ${marks ? `cp ${folder}/marked ${proc}` : ':'}; exit ${code}`)
  const bitmap = ahead ? '74C0C3A07AB5FE6F' : '0000000000000000'
  put('drbdsetup', mute ? 'exit 10' : `echo "F2BA7C0EFC59E4C6:${bitmap}:83DE5A8E0BA07F4C:83DD5A8E0BA07F4D:1:1:0:0:0:0:0"`)
  const { vars } = contextOn(debian12)
  const script = consent(vars).replace('PATH=', `PATH=${folder}:`).replaceAll('/proc/drbd', proc)
  const { status, stderr } = spawnSync('sh', ['-c', script, 'drbdadm', 'outdate', 'drbd'], { encoding: 'utf8', timeout: 60_000 })
  expect(stderr).toBe('')
  let called = ''
  try {
    called = readFileSync(join(folder, 'called'), 'utf8').trim()
  } catch {}
  return { status, called }
}

test.each<[string, World, ReturnType<typeof answered>]>([
  ['marked and verified: accepted', { drbd: alone, marks: true }, { status: 0, called: 'outdate drbd' }],
  [
    'DRBD has not noticed yet: wait for it, then mark the copy',
    { drbd: connected, later: { after: 5, line: alone }, marks: true },
    { status: 0, called: 'outdate drbd' },
  ],
  ['DRBD does not notice: refused', { drbd: connected }, { status: 20, called: '' }],
  ['drbdadm succeeds but has marked nothing: refused', { drbd: alone }, { status: 20, called: 'outdate drbd' }],
  ['this node is Primary: drbdadm’s own exit code', { drbd: alone, code: 17 }, { status: 17, called: 'outdate drbd' }],
  [
    'this node has continued alone: refused',
    { drbd: 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/Outdated C r-----', marks: true },
    { status: 20, called: '' },
  ],
  ['this node has data that the peer does not have: refused', { drbd: alone, ahead: true, marks: true }, { status: 20, called: '' }],
  ['it is not known whether it has: refused', { drbd: alone, mute: true, marks: true }, { status: 20, called: '' }],
  ['no such device: refused', { drbd: 'cs:Unconfigured', code: 10 }, { status: 20, called: '' }],
])('%s', (_name, world, expected) => expect(answered(world)).toEqual(expected))
