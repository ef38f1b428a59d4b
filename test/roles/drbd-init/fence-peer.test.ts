import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { fencePeer } from '../../../roles/drbd-init/fence-peer.ts'
import { contextOn } from '../contexts.ts'

// The handler's decisions. Its environment is simulated by scripts: heartbeat, ping, arping, dopd, /proc and the kernel's keys.

const all = mkdtempSync(join(tmpdir(), 'nfsha-fence-'))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(all, 'world-'))
  mkdirSync(join(folder, 'run-nfsha'))
})
// A logger or a ping may outlive the handler that started it, and continue to write.
afterAll(() => rmSync(all, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))

const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
  chmodSync(join(folder, name), 0o755)
}

interface World {
  /** The device's line in /proc/drbd. */
  drbd: string
  peer?: 'active' | 'dead'
  pings?: boolean
  /** This number of pings get no answer first. */
  silent?: number
  /** Who else answers for the virtual IP; `unasked`: arping could not send. */
  taken?: 'peer' | 'stranger' | 'both' | 'unasked'
  /** The hardware address of the peer's NIC is not known. */
  unnoted?: boolean
  /** heartbeat_without_ping */
  withoutPing?: 'serve'
  /** The cable of the service NIC is unplugged. */
  unplugged?: boolean
  /** The number of ping nodes; the last one answers. */
  pingNodes?: number
  /** dopd's answer */
  outdates?: number
  /** When ping node and peer were last silent. */
  cutOff?: 'a moment ago' | 'long ago'
}
const standby = 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----'
const holder = 'cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----'
const booted = 'cs:WFConnection ro:Secondary/Unknown ds:Consistent/DUnknown C r-----'
const resynchronising = 'cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----'
const connected = 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'

const answersOf = (who: World['taken']): string => {
  const from = (mac: string) => `Unicast reply from 192.168.0.219 [${mac}]  0.734ms\n`
  const [peer, stranger] = [from('52:54:00:1A:01:02'), from('52:54:00:1A:01:03')]
  const said = { peer, stranger, both: stranger + peer, unasked: '' }[who ?? 'unasked']
  return `ARPING 192.168.0.219 from 192.168.0.210 em1\n${said}Sent 2 probes (1 broadcast(s))\n`
}

/** The handler in that environment. */
const handlerIn = (world: World): string => {
  const { drbd, peer, pings = false, silent = 0, taken, outdates = 1, cutOff, unnoted, withoutPing, unplugged, pingNodes = 1 } = world
  mkdirSync(join(folder, 'net/em1'), { recursive: true })
  writeFileSync(join(folder, 'net/em1/carrier'), unplugged ? '0\n' : '1\n')
  if (!unnoted) writeFileSync(join(folder, 'run-nfsha/peer-nic'), '52:54:00:1A:01:02\n')
  writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${drbd}\n`)
  if (cutOff) writeFileSync(join(folder, 'run-nfsha/unanswered'), `${Math.floor(uptime()) - (cutOff === 'long ago' ? 60 : 5)}\n`)
  put('cl_status', peer === undefined ? 'exit 1' : `echo ${peer}`)
  const last = `case $* in *.${pingNodes}) ;; *) exit 1 ;; esac`
  put('ping', `echo ping >> ${folder}/pings; [ $(wc -l < ${folder}/pings) -gt ${silent} ] || exit 1; ${last}; exit ${pings ? 0 : 1}`)
  put(
    'arping',
    taken === 'unasked' ? 'echo "arping: bind: Cannot assign requested address" >&2; exit 2' : `cat <<'END'\n${answersOf(taken)}END`,
  )
  put('drbd-peer-outdater', `echo outdate >> ${folder}/did; exit ${outdates}`)
  put('ip', `case $* in *show*) echo "3: em1 inet 192.168.0.219/24 scope" ;; *) echo "$*" >> ${folder}/did ;; esac`)
  put('logger', `shift 4; echo "$*" >> ${folder}/log`)
  put('timeout', 'shift 3; exec "$@"')
  put('sync', '')
  put('reset-node', `echo "$*" >> ${folder}/reset`)
  // After this number of checks it counts as still waiting: by checks, not by time.
  put('sleep', `echo >> ${folder}/looks; [ $(wc -l < ${folder}/looks) -lt 30 ] || kill $PPID`)
  const { vars } = contextOn(debian12)
  const heartbeat_ping = Array.from({ length: pingNodes }, (_, i) => `192.168.0.${i + 1}`)
  return fencePeer({ ...vars, heartbeat_ping, ...(withoutPing && { heartbeat_without_ping: withoutPing }) }, debian12)
    .replace(/^outdater=.*$/m, `outdater=${folder}/drbd-peer-outdater`)
    .replace('PATH=', `PATH=${folder}:`)
    .replaceAll('/proc/drbd', `${folder}/drbd`)
    .replaceAll('/proc/sys/', `${folder}/sys/`)
    .replaceAll('/sys/class/', `${folder}/`)
    .replaceAll('/usr/local/lib/nfsha/', `${folder}/`)
    .replaceAll('/run/', `${folder}/run-`)
}
const env = { DRBD_PEER: 'm2.redhat.sx', DRBD_RESOURCE: 'drbd' }
const read = (name: string) => {
  try {
    return readFileSync(join(folder, name), 'utf8').trim()
  } catch {
    return ''
  }
}

/** The handler's exit code, or that it still waits, and its actions. */
const judged = (world: World, ...argv: string[]) => {
  const script = handlerIn(world)
  const { status, signal } = spawnSync('sh', ['-c', script, 'fence-peer', ...argv], { env, timeout: 60_000, stdio: 'ignore' })
  return {
    answer: signal ? 'waits' : status,
    did: read('did'),
    restarts: read('reset') !== '',
    fenced: read('run-nfsha/fenced'),
    marks: read('run-nfsha/to-be-marked') !== '',
  }
}
const nothing = { did: '', restarts: false, fenced: '', marks: false }

test.each<[string, World, ReturnType<typeof judged>]>([
  [
    'standby, the peer is dead and the ping node answers: continue',
    { drbd: standby, peer: 'dead', pings: true },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  ['standby, isolated: refused, and its copy is marked', { drbd: standby, peer: 'dead' }, { ...nothing, answer: 1, marks: true }],
  ['standby, heartbeat does not run: refused', { drbd: standby, pings: true }, { ...nothing, answer: 1 }],
  [
    'standby in sync until the connection was lost, the peer is alive and marks its copy: continue',
    { drbd: standby, peer: 'active', pings: true, outdates: 4 },
    { ...nothing, answer: 4, did: 'outdate' },
  ],
  [
    'standby, the peer is alive and does not mark its copy: refused',
    { drbd: standby, peer: 'active', pings: true, outdates: 20 },
    { ...nothing, answer: 1, did: 'outdate' },
  ],
  [
    'standby, the peer is alive and Primary: refused, and no reboot',
    { drbd: standby, peer: 'active', pings: true, outdates: 6 },
    { ...nothing, answer: 1, did: 'outdate' },
  ],
  [
    'standby, it was isolated and the peer is back: the copy there is not marked',
    { drbd: standby, peer: 'active', pings: true, outdates: 4, cutOff: 'a moment ago' },
    { ...nothing, answer: 1 },
  ],
  [
    'after a boot, the peer is alive: its copy is not marked',
    { drbd: booted, peer: 'active', pings: true, outdates: 4 },
    { ...nothing, answer: 1 },
  ],
  [
    'active node, the peer is dead and no other machine serves: continue',
    { drbd: holder, peer: 'dead', pings: true },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, another machine answers for the address: reboot',
    { drbd: holder, peer: 'dead', pings: true, taken: 'peer' },
    { ...nothing, answer: 0, restarts: true },
  ],
  [
    'active node, the peer is alive and Primary: reboot',
    { drbd: holder, peer: 'active', outdates: 6 },
    { ...nothing, answer: 0, did: 'outdate', restarts: true },
  ],
  [
    'active node, the peer is alive, does not answer, and serves: reboot',
    { drbd: holder, peer: 'active', taken: 'peer' },
    { ...nothing, answer: 0, did: 'outdate', restarts: true },
  ],
  [
    'active node, it was isolated and the peer is back: the copy there is not marked',
    { drbd: holder, peer: 'active', outdates: 4, cutOff: 'a moment ago' },
    { ...nothing, answer: 'waits' },
  ],
  [
    'active node, it was isolated, the peer is back and serves: reboot',
    { drbd: holder, peer: 'active', outdates: 4, cutOff: 'a moment ago', taken: 'peer' },
    { ...nothing, answer: 0, restarts: true },
  ],
  [
    'active node, it was isolated and the peer is dead: no status from that time counts',
    { drbd: holder, peer: 'dead', pings: true, cutOff: 'a moment ago' },
    { ...nothing, answer: 'waits' },
  ],
  [
    'active node, it was isolated before it lost its peer: continue',
    { drbd: holder, peer: 'dead', pings: true, cutOff: 'long ago' },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, the peer has no good copy: continue',
    { drbd: holder, peer: 'active', outdates: 3 },
    { ...nothing, answer: 3, did: 'outdate' },
  ],
  [
    'active node, the peer is alive and marks its copy: continue',
    { drbd: holder, peer: 'active', outdates: 4 },
    { ...nothing, answer: 4, did: 'outdate' },
  ],
  [
    'active node, isolated: wait, and release the address',
    { drbd: holder, peer: 'dead' },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  ['active node, heartbeat does not run: wait, and keep the address', { drbd: holder }, { ...nothing, answer: 'waits' }],
  [
    'active node, nobody can be asked for the address: continue',
    { drbd: holder, peer: 'dead', pings: true, taken: 'unasked' },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, one answer is lost: the address stays',
    { drbd: holder, peer: 'dead', pings: true, silent: 1 },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'standby, it was isolated a moment ago: refused',
    { drbd: standby, peer: 'dead', pings: true, cutOff: 'a moment ago' },
    { ...nothing, answer: 1 },
  ],
  [
    'standby, one answer is lost: continue',
    { drbd: standby, peer: 'dead', pings: true, silent: 1 },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, it was isolated and the peer is dead when the cables are back: the peer may have served in the meantime',
    { drbd: holder, peer: 'dead', pings: true, silent: 2 },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  [
    'active node, the peer is dead and a third machine has the address too: continue',
    { drbd: holder, peer: 'dead', pings: true, taken: 'stranger' },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, both the peer and a third machine answer for the address: reboot',
    { drbd: holder, peer: 'dead', pings: true, taken: 'both' },
    { ...nothing, answer: 0, restarts: true },
  ],
  [
    'active node, the peer is alive, does not answer, and a third machine has the address too: wait',
    { drbd: holder, peer: 'active', taken: 'stranger' },
    { ...nothing, answer: 'waits', did: expect.stringMatching(/^outdate/) },
  ],
  [
    'active node, the peer’s NIC is not known: any answer may come from the peer',
    { drbd: holder, peer: 'dead', pings: true, taken: 'stranger', unnoted: true },
    { ...nothing, answer: 0, restarts: true },
  ],
  [
    'active node, one of three ping nodes answers: continue',
    { drbd: holder, peer: 'dead', pings: true, pingNodes: 3 },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'standby, one of three ping nodes answers: continue',
    { drbd: standby, peer: 'dead', pings: true, pingNodes: 3 },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, none of three ping nodes answers: wait, and release the address',
    { drbd: holder, peer: 'dead', pingNodes: 3 },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  [
    'active node, no ping node answers, and it may serve without one: continue',
    { drbd: holder, peer: 'dead', withoutPing: 'serve' },
    { ...nothing, answer: 5, fenced: '5' },
  ],
  [
    'active node, it may serve without a ping node, but the peer has taken over: reboot',
    { drbd: holder, peer: 'dead', withoutPing: 'serve', taken: 'peer' },
    { ...nothing, answer: 0, restarts: true },
  ],
  [
    'active node, it may serve without a ping node, but its cable is unplugged: wait',
    { drbd: holder, peer: 'dead', withoutPing: 'serve', unplugged: true },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  [
    'active node, it may serve without a ping node, but was isolated a moment ago: wait',
    { drbd: holder, peer: 'dead', withoutPing: 'serve', cutOff: 'a moment ago' },
    { ...nothing, answer: 'waits', did: '-4 addr del 192.168.0.219/24 dev em1' },
  ],
  [
    'standby, no ping node answers: refused, whatever the active node may do',
    { drbd: standby, peer: 'dead', withoutPing: 'serve' },
    { ...nothing, answer: 1, marks: true },
  ],
  ['resynchronising: nothing to ask', { drbd: resynchronising, peer: 'dead' }, { ...nothing, answer: 1 }],
  ['reconnected: nothing to ask', { drbd: connected, peer: 'dead' }, { ...nothing, answer: 1 }],
])('%s', (_name, world, expected) => expect(judged(world)).toEqual(expected), 60_000)

test('called again in the same attempt, a standby that was isolated answers at once', () => {
  const world: World = { drbd: standby, peer: 'dead' }
  expect(judged(world)).toMatchObject({ answer: 1, marks: true })
  const pings = read('pings')
  expect(judged(world)).toMatchObject({ answer: 1 })
  expect(read('pings')).toBe(pings)
  writeFileSync(join(folder, 'run-nfsha/to-be-marked'), `${Math.floor(uptime()) - 15}\n`)
  expect(judged({ ...world, pings: true }).answer).toBe(1)
  expect(read('pings')).not.toBe(pings)
})

test('the handshake has found that the peer continued without this node: reboot', () => {
  expect(judged({ drbd: holder, peer: 'active' }, 'lost')).toMatchObject({ restarts: true })
})

test('called twice at the same time, it asks dopd one call after the other', async () => {
  const script = handlerIn({ drbd: holder, peer: 'active', outdates: 4 })
  put('sleep', 'exec /bin/sleep 0.05')
  put(
    'drbd-peer-outdater',
    `if mkdir ${folder}/busy; then /bin/sleep 0.2; rmdir ${folder}/busy; exit 4; else echo two >> ${folder}/did; exit 1; fi`,
  )
  const both = [1, 2].map(() => spawn('sh', ['-c', script, 'fence-peer'], { env, stdio: 'ignore' }))
  const codes = await Promise.all(both.map(async child => (await once(child, 'exit'))[0]))
  expect([codes, read('did')]).toEqual([[4, 4], ''])
}, 60_000)
