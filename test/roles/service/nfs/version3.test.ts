import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mountsOf } from '../../../../lib/failover/clients/workload.ts'
import { centos6 } from '../../../../lib/platform/centos6.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { changesOf } from '../../../../lib/resources/verdict.ts'
import { namesOf } from '../../../../roles/base/hosts.ts'
import { settings } from '../../../../roles/integrate/config.ts'
import { nfsSettings, portmap } from '../../../../roles/nfs/config.ts'
import { neededPorts } from '../../../../roles/service/checks/firewall.ts'
import { mountdVersions } from '../../../../roles/service/nfs/mountd.ts'
import { version3Ports, versionProblem } from '../../../../roles/service/nfs/version3.ts'
import { nfsdDifferences, problemText } from '../../../../roles/service/state/problems.ts'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { parseService } from '../../../../roles/service/state/state.ts'
import { contextOn } from '../../contexts.ts'
import { issuedBy } from '../../recorder.ts'
import { runFunctions, scriptFolder, shells } from '../resource-script/functions.ts'

const off = contextOn(debian12, {}, 'ha_stack=lean')
const on = contextOn(debian12, {}, 'ha_stack=lean nfs_v3=true')
const article = contextOn(centos6, {}, 'ha_stack=article nfs_v3=true')

describe('settings', () => {
  test('nfs.conf', () => {
    expect(nfsSettings(off.vars).conf).toContain('vers3=n\n')
    expect(nfsSettings(off.vars).conf).not.toMatch(/lockd|statd|port=/)
    expect(nfsSettings(on.vars).conf).toContain('vers3=y\n')
    expect(nfsSettings(on.vars).conf).toContain(`[nfsdcld]
storagedir=/run/nfsha/state/nfsdcld
[mountd]
state-directory-path=/run/nfsha/nfs
[mountd]
port=20048
[lockd]
port=4045
udp-port=4045
[statd]
port=32765
state-directory-path=/run/nfsha/state/statd
[sm-notify]
outgoing-port=32766
`)
  })

  test('without it the settings of the resource script are unchanged', () => {
    expect(settings(off.vars, debian12)).not.toContain('VERSION3')
    expect(settings(on.vars, debian12)).toBe(`${settings(off.vars, debian12)}NFSHA_VERSION3=yes\nNFSHA_LOCKD_GRACE=10\n`)
    expect(settings({ ...on.vars, nfs_lease: 3600 }, debian12)).toContain('NFSHA_LOCKD_GRACE=240\n')
  })

  test('the portmapper', () => {
    expect([off, on, article].map(c => portmap(c.vars))).toEqual([
      { enabled: false },
      { enabled: true, running: true },
      { enabled: false, running: true },
    ])
    // If the boot starts heartbeat without it, the node cannot take over.
    const boot = contextOn(centos6, {}, 'ha_stack=article ha_boot_start=true')
    expect(portmap(boot.vars)).toEqual({ enabled: true, running: true })
  })

  test('sm-notify needs a name for the virtual IP', () => {
    expect(namesOf(on.cluster).slice(2)).toEqual([{ ip: '192.168.0.219', name: 'nfsha-drbd' }])
    expect(namesOf(off.cluster)).toHaveLength(2)
  })

  test('ports for a firewall', () => {
    const ports = (context: typeof on) => neededPorts(context).map(p => `${p.protocol}/${p.port} ${p.nic} ${p.what}`)
    expect(ports(on).filter(p => !ports(off).includes(p))).toEqual([
      'tcp/111 em1 rpcbind',
      'udp/111 em1 rpcbind',
      'tcp/20048 em1 rpc.mountd',
      'udp/20048 em1 rpc.mountd',
      'tcp/4045 em1 lockd',
      'udp/4045 em1 lockd',
      'tcp/32765 em1 rpc.statd',
      'udp/32765 em1 rpc.statd',
      'udp/32766 em1 answers to sm-notify',
    ])
  })

  test('on CentOS 6 the settings of its init scripts', () => {
    const stock = '#MOUNTD_PORT=892\n#RPCNFSDARGS="-N 4"\n#LOCKD_TCPPORT=32803\n'
    const asked = centos6.nfsSettings(nfsSettings(article.vars), []).flatMap(r => {
      if (r.scope !== 'host') return []
      const verdict = r.compare(
        { kind: 'present', state: { kind: 'regular file', mode: 0o644, owner: 'root', group: 'root', content: stock } },
        () => undefined,
      )
      return changesOf(verdict).map(c => c.to)
    })
    expect(asked[0]).toBe(stock.replace('#MOUNTD_PORT=892', 'MOUNTD_PORT=20048'))
    expect(asked[1]).toBe(stock.replace('#LOCKD_TCPPORT=32803', 'LOCKD_TCPPORT=4045'))
    expect(asked.slice(2).map(text => text.replace(stock, ''))).toEqual([
      'LOCKD_UDPPORT=4045\n',
      'STATD_PORT=32765\n',
      'STATD_OUTGOING_PORT=32766\n',
    ])
    expect(centos6.nfsSettings(nfsSettings({ ...article.vars, nfs_v3: false }), [])).toEqual([])
  })
})

test.each([
  ['noatime', false, undefined],
  ['vers=3,noatime', true, undefined],
  ['noatime,nfsvers=3', false, /nfs_v3: true/],
  ['v3', false, /nfs_v3: true/],
  ['vers=4.2,retrans=3', false, undefined],
])('a client that mounts with %s if nfs_v3 is %s', (client_options, nfs_v3, problem) => {
  const found = versionProblem({ ...off.vars, client_options, nfs_v3 })
  if (problem) expect(found).toMatch(problem)
  else expect(found).toBeUndefined()
  expect(versionProblem({ ...article.vars, client_options })).toBeUndefined()
})

test('all mounts of a failover test have the version in the options', () =>
  expect(mountsOf('C1', 1, 'vers=3').map(m => m.options)).toEqual(Array(3).fill('vers=3,nosharecache')))

// The open files of rpc.mountd and the kernel's sockets on a node: rpc.mountd listens for version 3 on two sockets, sshd listens too.
const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
const listening = (port: number) => `total 0
lr-x------ 1 root root 64 Nov 26 07:40 0 -> /dev/null
lrwx------ 1 root root 64 Nov 26 07:40 4 -> socket:[18801]
lrwx------ 1 root root 64 Nov 26 07:40 5 -> socket:[18804]
lrwx------ 1 root root 64 Nov 26 07:40 7 -> socket:[18810]
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 000000007d935fa4 100 0 0 10 0
   1: 00000000:${hex(port)} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18804 1 000000008d935fa4 100 0 0 10 0
   2: 0F02000A:0016 0202000A:9E0E 01 00000000:00000000 02:000AE2F6 00000000     0        0 18801 4 0000000096d1b6b2 20 4 31 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:${hex(port)} 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18810 1 00000000ad935fa4 100 0 0 10 0
arguments rpc.mountd --state-directory-path /run/nfsha/nfs ${''}
`
const ours = version3Ports.mountd

test.each([
  ['does not run', 'arguments nfsdcld\n', true, []],
  ['serves it, as declared', listening(ours), true, []],
  ['serves it elsewhere', listening(39_871), true, [`served at port 39871 -> served at port ${ours}`]],
  ['does not serve it', 'arguments rpc.mountd --state-directory-path /run/nfsha/nfs\n', true, [`not served -> served at port ${ours}`]],
  [
    'has its export table on a disk, which can fill up',
    listening(ours).replace(/^arguments .*/m, 'arguments rpc.mountd '),
    true,
    ['on disk -> in memory'],
  ],
  ['serves it, not declared', listening(39_871), false, ['served at port 39871 -> not served']],
])('rpc.mountd %s', async (_name, stdout, nfs_v3, wanted) => {
  const resource = mountdVersions('versions', { ...on.vars, nfs_v3 })
  const reading = resource.probe.parse({ code: 0, stdout, stderr: '', at: 0 })
  if (reading.kind !== 'present' && reading.kind !== 'absent') throw new Error(reading.kind)
  const changes = changesOf(resource.compare(reading, () => undefined))
  expect(changes.map(c => `${c.from} -> ${c.to}`)).toEqual(wanted)
  const [issued] = await issuedBy(resource, ['M1', 'M2'], 'M1')
  expect(issued?.script ?? 'nothing').toMatch(/nothing|kill/)
})

describe('drift', () => {
  const probed = `@nfsd
8
@versions
+3 +4 +4.1 +4.2
@times
10
10
@tracking
nfsdcld
@lockd
10
4045
4045
@scope
is nfsha-drbd
@daemons
arguments nfsdcld -s /run/nfsha/state/nfsdcld
arguments rpc.mountd
arguments rpc.statd --no-notify -P /run/nfsha/state/statd
`
  const drift = (text: string, context: typeof on) => {
    const state: NamedState = { host: 'M1', ...parseService(text, context.vars) }
    return nfsdDifferences([state], context.vars).map(problemText)
  }
  test.each<[string, string, typeof on, string[]]>([
    ['as declared', probed, on, []],
    ['served and not declared', probed, off, ['nfsd versions on M1: +3 +4 +4.1 +4.2, wanted -3 +4 +4.1 +4.2']],
    ['declared and not served', probed.replace('+3', '-3'), on, ['nfsd versions on M1: -3 +4 +4.1 +4.2, wanted +3 +4 +4.1 +4.2']],
    ['statd not running', probed.replace(/.*rpc.statd.*\n/, ''), on, ['rpc.statd on M1: stopped, wanted running']],
    [
      'lockd with other ports',
      probed.replace('10\n4045\n4045', '0\n0\n0'),
      on,
      ['lockd grace and ports on M1: 0 0 0, wanted 10 4045 4045'],
    ],
  ])('%s', (_name, text, context, problems) => expect(drift(text, context)).toEqual(problems))
})

describe.each(shells)('the resource script under %s', shell => {
  let folder = ''
  beforeEach(() => {
    folder = scriptFolder(['rpc.statd', 'sm-notify', 'chown', 'ss', 'nfsdcld', 'sqlite3', 'exportfs'])
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const run = (v3: boolean, tried: string) =>
    runFunctions(shell, folder, tried, v3 ? 'NFSHA_VERSION3=yes NFSHA_LOCKD_GRACE=10' : '', text =>
      text.replace('/proc/sys/fs/nfs/nlm_grace_period', `${folder}/grace`),
    )
  const list = (path: string) => readdirSync(join(folder, 'run/state', path)).sort()
  const monitored = (path: string, ...names: string[]) => {
    mkdirSync(join(folder, 'run/state', path), { recursive: true })
    for (const name of names) writeFileSync(join(folder, 'run/state', path, name), 'a client\n')
  }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')

  test('the first start creates the directories, and statd keeps its state there', () => {
    expect(run(true, 'start_v3 && [ "$lost_locks" = yes ]')).toEqual({ status: 0, stderr: '' })
    for (const directory of ['statd', 'sm-notify']) expect(list(directory)).toEqual(['sm', 'sm.bak'])
    expect(read('grace')).toBe('10\n')
    expect(read('called')).toBe(
      `chown -hR statd ${['statd/sm', 'statd/sm.bak', 'sm-notify/sm', 'sm-notify/sm.bak'].map(d => `${folder}/run/state/${d}`).join(' ')}
rpc.statd --no-notify -P ${folder}/run/state/statd\n`,
    )
  })

  test('after a power loss the clients are saved before new ones can register', () => {
    monitored('statd/sm', '192.168.0.50', '192.168.0.51')
    monitored('statd/sm.bak')
    monitored('sm-notify/sm')
    monitored('sm-notify/sm.bak', '192.168.0.51', '192.168.0.52')
    expect(run(true, 'start_v3').status).toBe(0)
    expect(list('statd/sm')).toEqual([])
    expect(list('sm-notify/sm.bak')).toEqual(['192.168.0.50', '192.168.0.51', '192.168.0.52'])
  })

  test('a stop saves the clients before nfsd ends, which makes statd forget them', () => {
    monitored('statd/sm', '192.168.0.50')
    monitored('sm-notify/sm.bak')
    // lockd asks statd to forget everything.
    expect(run(true, `end_nfsd() { rm -f "$state"/statd/sm/*; }; stop_nfs`).status).toBe(0)
    expect(list('sm-notify/sm.bak')).toEqual(['192.168.0.50'])
  })

  test('clients are notified only after nfsd was restarted', () => {
    const steps =
      'prewarm_if_needed() { :; }; promote() { :; }; mounted() { :; }; mount_state() { :; }; exported() { :; }; raise_vip() { :; }; start_nfsd() { :; }; log() { :; }'
    const files = `failed_stop=${folder}/failed serving=${folder}/serving`
    writeFileSync(join(folder, 'serving'), 'yes\n')
    expect(run(true, `${steps}; ${files}; threads() { :; }; start`).status).toBe(0)
    expect(read('called')).not.toContain('sm-notify')
    expect(run(true, `${steps}; ${files}; threads() { return 1; }; start`).status).toBe(0)
    expect(read('called')).toContain(`sm-notify -f -v 192.168.0.219 -P ${folder}/run/state/sm-notify\n`)
  })

  test('an nfsd left over from an incomplete stop is ended, after its clients were saved', () => {
    monitored('statd/sm', '192.168.0.50')
    monitored('statd/sm.bak')
    monitored('sm-notify/sm.bak')
    const steps = `exported() { :; }; start_nfsd() { :; }; threads() { :; }; serving=${folder}/nothing`
    expect(run(true, `${steps}; end_nfsd() { rm -f "$state"/statd/sm/*; }; start_nfs`).status).toBe(0)
    expect(list('sm-notify/sm.bak')).toEqual(['192.168.0.50'])
  })

  test('without version 3 nothing of it is called or created', () => {
    monitored('statd/sm', '192.168.0.50')
    expect(run(false, 'exported() { :; }; start_nfsd() { :; }; start_nfs && stop_nfs && v3_helpers_run').status).toBe(0)
    expect(list('statd/sm')).toEqual(['192.168.0.50'])
    expect(read('called')).not.toMatch(/statd|notify|chown/)
  })
})
