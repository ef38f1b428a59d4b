import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { packagedFile } from '../../../lib/text/packaged.ts'
import { fenceSettings } from '../../../roles/heartbeat/fencing.ts'
import { Vars } from '../../../roles/vars.ts'
import { runs } from '../../runs.ts'
import { articleCluster } from '../article-cluster.ts'

// The plugin that heartbeat calls, in an environment with fake programs, /proc/drbd and plugins.

const all = mkdtempSync(join(tmpdir(), 'nfsha-fence-'))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(all, 'world-'))
})
afterAll(() => rmSync(all, { recursive: true }))

const [own, peer] = articleCluster().nodes
if (!own || !peer) throw new Error('no pair')

interface World {
  /** The device's line in /proc/drbd. */
  drbd?: string
  /** The text of the maintenance marker. */
  maintenance?: string
  ping?: boolean
  /** heartbeat's present status of the peer. */
  heard?: string
  /** Exit code of the operator's plugin. */
  code?: number
  plugin?: string
  parameters?: Record<string, string | number>
  secret?: Record<string, string>
}

const lost = 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----'
const put = (path: string, text: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), `#!/bin/sh\n${text}\n`)
  chmodSync(join(folder, path), 0o755)
}
const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')

const build = ({
  drbd = lost,
  maintenance,
  ping = true,
  heard = 'dead',
  code = 0,
  plugin = 'external/test',
  parameters = {},
  secret,
}: World) => {
  const vars = Vars.parse({ ...peer.vars, heartbeat_stonith: { plugin, parameters }, ...(secret && { heartbeat_stonith_secret: secret }) })
  writeFileSync(join(folder, 'conf'), fenceSettings(own.vars, { ...peer, vars }))
  writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${drbd}\n    ns:0 oos:0\n`)
  if (maintenance !== undefined) writeFileSync(join(folder, 'maintenance'), `${maintenance}\n`)
  put('bin/ping', ping ? 'exit 0' : 'exit 1')
  put('bin/cl_status', `[ "$*" = 'nodestatus m2.redhat.sx' ] && echo ${heard}`)
  put('bin/drbdsetup', `echo "$*" >> ${folder}/drbdsetup`)
  put('bin/logger', `echo "$*" >> ${folder}/log`)
  // NUL between the arguments, so that they are unambiguous
  put(
    'plugins/external/test',
    `printf '%s\\0' "$@" > ${folder}/called; env -0 > ${folder}/environment; cat /proc/$$/cmdline > ${folder}/cmdline; exit ${code}`,
  )
  // `-n` lists the parameters, everything else is a call
  put(
    'bin/stonith',
    `[ "$3" != -n ] || { echo 'ipaddr  login  password  '; exit; }
printf '%s\\0' "$@" > ${folder}/called; cat "$4" > ${folder}/line; ls -l "$4" > ${folder}/mode; exit ${code}`,
  )
}

const script = () =>
  `plugins=${folder}/plugins\nmaintenance=${folder}/maintenance\n${readFileSync(packagedFile('roles/heartbeat/files/fence'), 'utf8')}`
    .replace('PATH=/usr/sbin', `PATH=${folder}/bin:/usr/sbin`)
    .replaceAll('/proc/drbd', `${folder}/drbd`)
    .replaceAll('/run/nfsha-fence', `${folder}/given`)
    .replaceAll('/run/nfsha', `${folder}/run`)

const call = (world: World, ...argv: string[]) => {
  build(world)
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script(), 'nfsha', ...argv], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: '/usr/bin:/bin', config: join(folder, 'conf') },
  })
  expect(stderr).toBe('')
  return { status, stdout, called: read('called').split('\0').slice(0, -1), log: read('log') }
}
const reset = (world: World) => call(world, 'reset', 'm2.redhat.sx')
const ended = ['reset', 'm2.redhat.sx']

describe('heartbeat has found the peer dead', () => {
  test.each<[string, World, number, string[]]>([
    ['it is reset by the configured plugin', {}, 0, ended],
    ['the plugin fails: no takeover', { code: 7 }, 1, ended],
    [
      'the peer’s kernel is alive and it is Primary: only heartbeat died',
      { drbd: 'cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----' },
      0,
      ended,
    ],
    ['it is alive and holds nothing', { drbd: 'cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate C r-----' }, 0, []],
    ['it is alive and catches up', { drbd: 'cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----' }, 0, []],
    ['it is in maintenance', { maintenance: 'M2' }, 0, []],
    ['this node is in maintenance', { maintenance: 'M1' }, 0, ended],
    ['this node is isolated', { ping: false }, 1, []],
    ['this copy is Outdated', { drbd: 'cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown C r-----' }, 1, []],
    ['this copy is Inconsistent', { drbd: 'cs:WFConnection ro:Secondary/Unknown ds:Inconsistent/DUnknown C r-----' }, 1, []],
    ['this node has booted alone', { drbd: 'cs:WFConnection ro:Secondary/Unknown ds:Consistent/DUnknown C r-----' }, 0, ended],
    ['heartbeat hears it again', { heard: 'active' }, 1, []],
    ['heartbeat does not answer', { heard: '' }, 0, ended],
    ['DRBD has no such device', { drbd: 'cs:Unconfigured' }, 0, ended],
    ['no such plugin', { plugin: 'external/other' }, 1, []],
  ])('%s', (_name, world, status, called) => {
    const answer = reset(world)
    expect({ status: answer.status, called: answer.called }).toEqual({ status, called })
    expect(answer.log).not.toBe('')
  })

  test.each<[string, World, string]>([
    ['a standby marks its copy until DRBD has reconnected to the peer', { ping: false }, 'outdate 0\n'],
    ['one that is connected marks nothing', { ping: false, drbd: 'cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----' }, ''],
    ['one that serves marks nothing', { ping: false, drbd: 'cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C r-----' }, ''],
    ['a node that is not isolated marks nothing', {}, ''],
  ])('isolated: %s', (_name, world, asked) => {
    reset(world)
    expect(read('drbdsetup')).toBe(asked)
    expect(read('run/unanswered')).toMatch(world.ping === false ? /^\d+\n$/ : /^$/)
  })

  test('only the peer is reset', () => {
    for (const node of ['m1.redhat.sx', 'M2.redhat.sx', '', '*']) {
      const { status, called } = call({}, 'reset', node)
      expect([node, status, called]).toEqual([node, 1, []])
    }
  })
})

test('for a test the peer is reset whatever its state, with the settings as an argument', () => {
  const alive = { drbd: 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----' }
  expect(call(alive, 'end', 'm2.redhat.sx', join(folder, 'conf'))).toMatchObject({ status: 0, called: ended })
})

test("cluster-glue's queries are answered without a reset", () => {
  expect(call({}, 'gethosts')).toMatchObject({ status: 0, stdout: 'm2.redhat.sx\n', called: [] })
  expect(call({}, 'getconfignames')).toMatchObject({ status: 0, stdout: 'config\n', called: [] })
  expect(call({}, 'status')).toMatchObject({ status: 0, called: ['status'] })
  expect(call({ code: 1 }, 'status')).toMatchObject({ status: 1, called: ['status'] })
  expect(call({}, 'nonsense', 'm2.redhat.sx')).toMatchObject({ status: 1, stdout: '' })
})

test('external/ipmi gets its password in the environment, never as an argument of ipmitool', () => {
  const settings = fenceSettings(own.vars, {
    ...peer,
    vars: Vars.parse({ ...peer.vars, heartbeat_stonith: { plugin: 'external/ipmi', parameters: {} } }),
  })
  expect(settings).toContain("passwd_method='env'")
})

describe('a plugin that is a library', () => {
  const library: World = { plugin: 'apcmaster', parameters: { login: 'apc', ipaddr: '10.0.0.1' }, secret: { password: '$(x) `y` "z\'' } }

  test('does not accept blanks, gets its parameters in its own order, in a file that only root can read and that is removed afterwards', () => {
    const spaced = { ...library, secret: { password: '$(x)`y`"z\'' } }
    expect(reset(spaced)).toMatchObject({ status: 0, called: ['-t', 'apcmaster', '-F', expect.any(String), '-T', 'reset', 'm2.redhat.sx'] })
    expect(read('line')).toBe('10.0.0.1 apc $(x)`y`"z\'\n')
    expect(read('mode')).toMatch(/^-rw------- /)
    expect(readdirSync(folder).filter(name => name.startsWith('given'))).toEqual([])
    expect(call(spaced, 'status').called.slice(4)).toEqual(['-S'])
  })

  test('is not called if a parameter is missing', () => {
    expect(reset({ ...library, secret: {} })).toMatchObject({ status: 1, called: [] })
  })
})

test('any printable text reaches the plugin unchanged, only through its environment, and is not executed', () => {
  const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/)
  const name = fc
    .stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
    .filter(text => !['_', 'pass', 'pin', 'key'].includes(text) && !/passw|secret|token|community|_(key|pin|pass)$/.test(text))
  // One shell for many values, because starting one takes a while.
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 12 }), value, (parameters, secret) => {
      expect(reset({ parameters, secret: { passwd: secret } }).status).toBe(0)
      const environment = Object.fromEntries(
        read('environment')
          .split('\0')
          .map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
      )
      expect(environment).toMatchObject({ ...parameters, passwd: secret })
      expect(read('cmdline').split('\0').slice(2)).toEqual([...ended, ''])
    }),
    { numRuns: Math.min(runs(25), 400) },
  )
})
