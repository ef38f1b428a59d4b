import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { fencePeer } from '../../../roles/drbd-init/fence-peer.ts'
import { contextOn } from '../contexts.ts'

// What the handler decides. The world around it is scripts here: heartbeat, ping, arping, dopd, /proc and the kernel's keys.

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-fence-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
  chmodSync(join(folder, name), 0o755)
}

interface World {
  /** The device's line of /proc/drbd */
  drbd: string
  peer?: 'active' | 'dead'
  pings?: boolean
  /** Somebody else answers for the virtual IP. */
  taken?: boolean
  /** dopd's answer */
  outdates?: number
}
const standby = 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----'
const holder = 'cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----'
const booted = 'cs:WFConnection ro:Secondary/Unknown ds:Consistent/DUnknown C r-----'
const connected = 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'

/** Its exit code (128 and more: still waiting when it was ended), what it did, and what it said last. */
const judged = ({ drbd, peer, pings = false, taken = false, outdates = 1 }: World, ...argv: string[]) => {
  writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${drbd}\n`)
  put('cl_status', peer === undefined ? 'exit 1' : `echo ${peer}`)
  put('ping', pings ? 'exit 0' : 'exit 1')
  put('arping', taken ? 'exit 1' : 'exit 0')
  put('drbd-peer-outdater', `echo outdate >> ${folder}/did; exit ${outdates}`)
  put('ip', `case $* in *show*) echo "3: em1 inet 192.168.0.219/24 scope" ;; *) echo "$*" >> ${folder}/did ;; esac`)
  put('logger', `shift 4; echo "$*" >> ${folder}/log`)
  put('reboot', `echo reboot >> ${folder}/did`)
  put('sleep', 'exec /bin/sleep 0.01')
  const { vars } = contextOn(debian12)
  const script = fencePeer(vars, debian12)
    .replace(/^outdater=.*$/m, `outdater=${folder}/drbd-peer-outdater`)
    .replace('PATH=', `PATH=${folder}:`)
    .replaceAll('/proc/drbd', `${folder}/drbd`)
    .replaceAll('/proc/', `${folder}/proc-`)
    .replaceAll('/run/', `${folder}/run-`)
  const env = { DRBD_PEER: 'm2.redhat.sx', DRBD_RESOURCE: 'drbd' }
  const { status, signal } = spawnSync('sh', ['-c', script, 'fence-peer', ...argv], { env, timeout: 1500, stdio: 'ignore' })
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8').trim()
    } catch {
      return ''
    }
  }
  return {
    answer: signal ? 'waits' : status,
    did: read('did'),
    restarts: read('proc-sysrq-trigger') === 'b',
    fenced: read('run-nfsha.fenced'),
  }
}
const nothing = { did: '', restarts: false, fenced: '' }

test.each<[string, World, ReturnType<typeof judged>]>([
  [
    'standby, the peer is dead and the ping node answers: go on',
    { drbd: standby, peer: 'dead', pings: true },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  ['standby, cut off: no', { drbd: standby, peer: 'dead' }, { ...nothing, answer: 1 }],
  ['standby, heartbeat does not run: no', { drbd: standby, pings: true }, { ...nothing, answer: 1 }],
  [
    'standby, the peer lives and marks its copy: go on',
    { drbd: standby, peer: 'active', outdates: 4 },
    { ...nothing, answer: 4, did: 'outdate' },
  ],
  [
    'after a boot, the peer lives: its copy is not marked',
    { drbd: booted, peer: 'active', pings: true, outdates: 4 },
    { ...nothing, answer: 1 },
  ],
  [
    'holder, the peer is dead and nobody else serves: go on',
    { drbd: holder, peer: 'dead', pings: true },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'holder, another one answers for the address: restart',
    { drbd: holder, peer: 'dead', pings: true, taken: true },
    { ...nothing, answer: 0, did: 'reboot', restarts: true },
  ],
  [
    'holder, the peer lives and is Primary: restart',
    { drbd: holder, peer: 'active', outdates: 6 },
    { ...nothing, answer: 0, did: 'outdate\nreboot', restarts: true },
  ],
  [
    'holder, the peer lives and marks its copy: go on',
    { drbd: holder, peer: 'active', outdates: 4 },
    { ...nothing, answer: 4, did: 'outdate' },
  ],
  [
    'holder, cut off: wait, and give the address up',
    { drbd: holder, peer: 'dead' },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  ['holder, heartbeat does not run: wait, and keep the address', { drbd: holder }, { ...nothing, answer: 'waits' }],
  ['connected again: nothing to ask', { drbd: connected, peer: 'dead' }, { ...nothing, answer: 1 }],
])('%s', (_name, world, expected) => {
  expect(judged(world)).toEqual(expected)
})

test('the handshake has found that the peer went on without this node: restart', () => {
  expect(judged({ drbd: holder, peer: 'active' }, 'lost')).toMatchObject({ restarts: true })
})
