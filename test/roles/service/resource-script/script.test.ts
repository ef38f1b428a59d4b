import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runFunctions, scriptFolder, shells } from './functions.ts'

describe.each(shells)('the resource script under %s', shell => {
  let folder = ''
  beforeEach(() => {
    folder = scriptFolder(['sync', 'ip', 'ss', 'logger', 'umount', 'drbdsetup', 'drbdadm', 'nfsdcld', 'sqlite3'])
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const run = (tried: string, more?: (text: string) => string) => runFunctions(shell, folder, tried, '', more)

  test('a process that ends during the search is not an error', () => {
    mkdirSync(join(folder, 'proc/1'), { recursive: true })
    mkdirSync(join(folder, 'proc/22'))
    symlinkSync('gone', join(folder, 'proc/1/comm'))
    writeFileSync(join(folder, 'proc/22/comm'), 'nfsd\n')
    const tried = 'runs nfsd && [ "$(pids_of nfsd)" = 22 ] && ! runs nobody'
    expect(run(tried, text => text.replaceAll('/proc/[0-9]*', `${folder}/proc/[0-9]*`))).toEqual({ status: 0, stderr: '' })
  })

  test.each([
    ['Linux 6.1, serving', 'rc 0 0 7103\nfh 0 0 0 0 0\nio 0 3917584\nth 8 0 0.000 0.000\nra 0 0\n', 0],
    ['Linux 6.1, nothing', 'rc 0 0 7103\nfh 0 0 0 0 0\nio 0 3917584\nth 0 0 0.000 0.000\nra 0 0\n', 1],
    ['no nfsd', undefined, 1],
  ])('threads of nfsd: %s', (_name, statistics, status) => {
    if (statistics !== undefined) writeFileSync(join(folder, 'statistics'), statistics)
    expect(run('threads', text => text.replace('/proc/net/rpc/nfsd', `${folder}/statistics`)).status).toBe(status)
  })

  describe('the export table', () => {
    const ours = (folder: string) => `${folder}/data\t192.168.0.0/24(rw,sync,fsid=1)\n`
    const network = 'NFSHA_NETWORK=192.168.0.0/24; in_memory() { :; }; '
    test.each([
      ['has ours', (folder: string) => ours(folder), 0],
      ['is empty', () => '', 1],
      ['was not written', () => undefined, 1],
      ['has another client', (folder: string) => ours(folder).replace('0.0/24', '7.0/24'), 1],
      ['has a client with the same prefix', (folder: string) => ours(folder).replace('/24', '/245'), 1],
      ['has another path', (folder: string) => ours(folder).replace('/data', '/data2'), 1],
      ['has more than ours', (folder: string) => `/srv\t*(ro)\n${ours(folder)}`, 0],
    ])('%s', (_name, list, status) => {
      const text = list(folder)
      if (text !== undefined) writeFileSync(join(folder, 'run/nfs/etab'), text)
      expect(run(`${network}exported`).status).toBe(status)
    })
    test('exportfs exits 0 and leaves an empty table, as on a full disk: the address is not raised without exports', () => {
      const stubs =
        'prewarm_if_needed() { :; }; promote() { :; }; mounted() { :; }; mount_state() { :; }; threads() { return 1; }; runs() { return 1; }; start_nfsdcld() { :; }; start_nfsd() { :; }'
      const { status, stderr } = run(
        `${network}${stubs}; raise_vip() { echo raised >&2; }; exportfs() { echo no space; : > $memory/nfs/etab; }; start`,
      )
      expect(status).toBe(1)
      expect(stderr).toContain(`nfsha: exportfs does not export ${folder}/data to 192.168.0.0/24: no space`)
      expect(stderr).not.toContain('raised')
      expect(readFileSync(join(folder, 'run/start-failed'), 'utf8')).toBe('yes\n')
    })
    test('with the nfs.conf of an earlier version it is read from the directory that exportfs then uses', () => {
      const other = `NFSHA_NETWORK=192.168.0.0/24; listed() { [ "$1" = /var/lib/nfs ]; }; `
      expect(run(`${other}in_memory() { return 1; }; exported`).status).toBe(0)
      expect(run(`${other}in_memory() { :; }; exported`).status).toBe(1)
    })
  })

  describe('bounded', () => {
    test('returns the exit code of a command that ends in time, and leaves nothing behind', () => {
      expect(run('bounded 9 true && { bounded 9 sh -c "exit 3"; [ $? = 3 ]; }').status).toBe(0)
      expect(readdirSync(folder).filter(name => name.startsWith('run/ends'))).toEqual([])
    })
    test('gives up on one that does not, and does not treat its late end as that of the next', () => {
      const late = 'late() { until [ -e released ]; do sleep 0.05; done; return 5; }'
      const tried = `cd ${folder}; ${late}; bounded 1 late; first=$?; : > released; bounded 9 sh -c "sleep 0.3; exit 3"; [ "$first $?" = "124 3" ]`
      expect(run(tried).status).toBe(0)
    })
    test('is not delayed by leftovers of an earlier process', () => {
      expect(run(`: > "${folder}/run/ends.$$"; bounded 9 sh -c "exit 3"; [ $? = 3 ]`).status).toBe(0)
    })
    test('waits for the command itself if it cannot create a pipe', () => {
      expect(run('mkfifo() { return 1; }; bounded 1 sh -c "sleep 1.2; exit 3"; [ $? = 3 ]').status).toBe(0)
    })
    test('a command may use it itself: neither takes the result of the other', () => {
      const tried =
        'inner() { bounded 9 sh -c "exit 4"; [ $? = 4 ] && return 3; }; for i in 1 2 3 4 5 6 7 8 9 10; do bounded 2 inner; [ $? = 3 ] || exit 1; done'
      expect(run(tried).status).toBe(0)
    })
    test('logs what was slow', () => {
      // A clock that advances by three seconds at each reading.
      const tried = 'now=0; uptime() { now=$((now + 300)); up=$now; }; bounded 9 true'
      expect(run(tried).stderr).toBe('nfsha: slow: true took 3 s\n')
    })
  })

  test('a stop syncs and checks before it removes the address: clients do not wait for that', () => {
    const stubs =
      'save_connections() { :; }; has_state() { :; }; keep_secondary_addresses() { :; }; mounted() { :; }; is_primary() { return 1; }; threads() { return 1; }'
    writeFileSync(join(folder, 'run/serving'), 'yes\n')
    expect(run(`${stubs}; ip() { echo "ip $*" >> ${folder}/called; echo "inet 192.168.0.219/24 x"; }; stop`).status).toBe(0)
    const called = readFileSync(join(folder, 'called'), 'utf8').split('\n')
    expect(called.filter(line => /^(sync|ip|ss|umount)/.test(line))).toEqual([
      `sync -f ${folder}/data`,
      'ip -o -4 addr show dev em1',
      'ip -4 addr del 192.168.0.219/24 dev em1',
      'ss -K src 192.168.0.219',
      `umount ${folder}/run/state`,
      `umount ${folder}/data`,
    ])
  })

  describe('a stop that does not finish', () => {
    const calls = (asker: string, drbd: string) => {
      writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${drbd} C r-----\n`)
      mkdirSync(join(folder, 'asker'), { recursive: true })
      writeFileSync(join(folder, 'asker/comm'), `${asker}\n`)
      writeFileSync(join(folder, 'called'), '')
      const own = (text: string) => text.replaceAll('/proc/drbd', `${folder}/drbd`).replace('/proc/$PPID/comm', `${folder}/asker/comm`)
      const stubs = `NFSHA_MINOR=0; reset_node=reset_node; reset_node() { echo "reset $*" >> ${folder}/called; }; log() { :; }; addresses=''`
      run(`${stubs}; prepare_stop() { :; }; stop_nfs() { :; }; unmount() { return 1; }; stop`, own)
      return readFileSync(join(folder, 'called'), 'utf8').trim()
    }
    const fit = 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate'
    test.each([
      [
        'heartbeat called it and the peer’s copy is as good: reboot',
        'ResourceManager',
        fit,
        'reset the service does not stop here: cannot unmount',
      ],
      [
        'heartbeat called it and there is no peer: heartbeat tries again, and then reboots this node itself',
        'ResourceManager',
        'cs:WFConnection ro:Primary/Unknown ds:UpToDate/Outdated',
        'reset --note the service does not stop here: cannot unmount',
      ],
      [
        'the peer is catching up: heartbeat tries again',
        'ResourceManager',
        'cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent',
        'reset --note the service does not stop here: cannot unmount',
      ],
      ['an operator called it', 'bash', fit, ''],
    ])('%s', (_name, asker, drbd, wanted) => {
      expect(calls(asker, drbd)).toBe(wanted && `${wanted} ${folder}/data`)
    })
  })

  test('a repeated stop does not sync: the first one has, or could not', () => {
    const stubs =
      'save_connections() { :; }; keep_secondary_addresses() { :; }; mounted() { return 1; }; is_primary() { return 1; }; threads() { return 1; }'
    writeFileSync(join(folder, 'run/serving'), '')
    expect(run(`${stubs}; stop`).status).toBe(0)
    expect(readFileSync(join(folder, 'called'), 'utf8')).not.toContain('sync')
  })

  test.each([
    ['the standby, for a minute', 'WFBitMapT ro:Secondary/Primary', 60, 'drbdadm disconnect drbd\ndrbdadm connect drbd\n'],
    ['the standby, for less', 'WFBitMapT ro:Secondary/Primary', 59, ''],
    ['the active node', 'WFBitMapS ro:Primary/Secondary', 200, ''],
  ])('a handshake that hangs is restarted: %s', (_name, state, seconds, wanted) => {
    writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: cs:${state} ds:Outdated/UpToDate C r-----\n`)
    writeFileSync(join(folder, 'called'), '')
    const settings = 'NFSHA_MINOR=0 NFSHA_RESOURCE=drbd NFSHA_PEER=M1; stuck=0; log() { :; }'
    const tried = `${settings}; i=0; while [ $i -lt ${seconds} ]; do watch_handshake; i=$((i + 1)); done`
    expect(run(tried, text => text.replaceAll('/proc/drbd', `${folder}/drbd`)).status).toBe(0)
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(wanted)
  })

  test.each([
    ['Outdated and without a peer: no waiting helps', 'cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown', 'wait 3\n'],
    [
      'Outdated, the handshake with the peer has just started',
      'cs:WFReportParams ro:Secondary/Unknown ds:Outdated/DUnknown',
      'wait 3\nwait 17\ndrbdadm primary drbd\n',
    ],
    ['the peer has not let go yet', 'cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate', 'wait 3\nwait 17\ndrbdadm primary drbd\n'],
  ])('a refused promotion: %s', (_name, state, wanted) => {
    writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${state} C r-----\n`)
    writeFileSync(join(folder, 'called'), '')
    const tried = `NFSHA_MINOR=0 NFSHA_RESOURCE=drbd; wait_for() { echo "wait $1" >> ${folder}/called; return 1; }; ! promote`
    expect(run(tried, text => text.replaceAll('/proc/drbd', `${folder}/drbd`)).status).toBe(0)
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(wanted)
  })

  describe('a failed start, which heartbeat does not retry', () => {
    const refused = { mark: 'primary', believes: 'all', drbd: 'cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown' }
    const met = { ...refused, drbd: 'cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate' }
    const alone = { ...refused, drbd: 'cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown' }
    const broke = { ...met, mark: 'yes' }
    test.each([
      ['was refused, and the peer is heard: hand over to the peer', refused, 'hand_over\n'],
      ['also if only the resources that this node prefers are here', { ...refused, believes: 'local' }, 'hand_over\n'],
      [
        'the peer has been heard only for a moment: heartbeat may be about to restart itself',
        { ...refused, looks: 1, before: 'missed=1; heard=0' },
        '',
      ],
      ['while it waits for the peer, a change is acted on at the next check', { ...met, looks: 1, before: 'missed=2; heard=2' }, 'start\n'],
      ['heartbeat is given time after a hand-over', { ...refused, looks: 3 }, 'hand_over\n'],
      ['the peer is dead: only the peer may serve', { ...refused, peer: 'dead' }, ''],
      ['the peer is dead and this copy was good when last connected: DRBD is asked again', { ...alone, peer: 'dead' }, 'start\n'],
      ['the peer is heard but DRBD has not connected: hand over to the peer', alone, 'hand_over\n'],
      ['the peer serves', { ...met, drbd: 'cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate' }, ''],
      [
        'the peer is catching up from this copy',
        { ...met, drbd: 'cs:SyncSource ro:Secondary/Secondary ds:UpToDate/Inconsistent' },
        'start\n',
      ],
      ['the peer had the same problem a moment ago', { ...refused, damped: true }, ''],
      ['was refused, and DRBD has connected since: start here', met, 'start\n'],
      ['failed for another reason: hand over to the peer', broke, 'hand_over\n'],
      ['failed for another reason, the peer’s copy is worse: retry here', { ...broke, drbd: alone.drbd }, 'start\n'],
      ['failed for another reason, the peer is dead: retry here', { ...broke, peer: 'dead' }, 'start\n'],
      ['failed for another reason, the peer had the same problem: retry here', { ...broke, damped: true }, 'start\n'],
      ['fails again: nothing is left half done', { ...broke, damped: true, start: 'start() { called start; return 1; }' }, 'start\nstop\n'],
      ['heartbeat has the service on the other node', { ...refused, believes: 'foreign' }, ''],
      ['heartbeat is in transition', { ...refused, believes: 'transition' }, ''],
      ['seen only once', { ...refused, looks: 1 }, ''],
      ['a start is in progress', { ...broke, lock: 'lock() { return 1; }' }, ''],
      ['heartbeat has called one meanwhile that ended well', { ...broke, lock: 'lock() { : > "$failed_start"; }' }, ''],
      ['no start has failed', { ...broke, mark: '' }, ''],
    ])('%s', (_name, { mark, believes, drbd, ...more }: typeof refused & Record<string, unknown>, wanted) => {
      const { peer = 'active', damped = false, looks = 2, before = '', start = 'start() { called start; }', lock = 'lock() { :; }' } = more
      writeFileSync(join(folder, 'called'), '')
      writeFileSync(join(folder, 'run/start-failed'), mark && `${mark}\n`)
      writeFileSync(join(folder, 'drbd'), `version: 8.4.11\n 0: ${drbd} C r-----\n`)
      if (damped) writeFileSync(join(folder, 'run/handed-over'), `${Math.floor(uptime() * 100)}\n`)
      const stubs = [
        `called() { echo "$1" >> ${folder}/called; }; ${start}; stop() { called stop; }; hand_over() { called hand_over; }`,
        `cl_status() { if [ "$1" = rscstatus ]; then echo ${believes}; else echo ${peer}; fi; }; ${lock}; unlock() { :; }`,
        'NFSHA_MINOR=0 NFSHA_PEER=M1 NFSHA_OWN=local NFSHA_DAMPING=300; missed=0; heard=0; log() { :; }',
        ...(before ? [String(before)] : []),
      ]
      const tried = [...stubs, ...Array.from({ length: Number(looks) }, () => 'retry_failed_start')].join('; ')
      expect(run(tried, text => text.replaceAll('/proc/drbd', `${folder}/drbd`)).status).toBe(0)
      expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(wanted)
    })
  })

  test('the watch records each check in /run/nfsha/tick', () => {
    const before = Math.floor(uptime() * 100)
    const looks = `watch_standby() { cat ${folder}/run/tick >> ${folder}/looks; }; watch_connection() { :; }; newer_file() { return 1; }; raise_priority() { :; }`
    const ended = 'beats=0; sleep() { beats=$((beats + 1)); [ $beats -lt 3 ] || exit 0; }'
    const own = (text: string) => text.replace('. /etc/ha.d/nfsha-watch.conf', ':')
    expect(run(`: > ${folder}/run/serving; ${looks}; ${ended}; watch`, own).status).toBe(0)
    const seen = readFileSync(join(folder, 'looks'), 'utf8').trim().split('\n').map(Number)
    expect(seen).toHaveLength(3)
    for (const tick of seen) expect(tick).toBeGreaterThanOrEqual(before - 200)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })

  test('the priority of heartbeat’s scripts counts beside other sessions too', () => {
    const tried = `renice() { echo "$*" > ${folder}/reniced; }; raise_priority`
    expect(run(tried, text => text.replaceAll('/proc/$PPID/autogroup', `${folder}/none`)).status).toBe(0)
    expect(readFileSync(join(folder, 'reniced'), 'utf8')).toBe(`-n -15 -p ${process.pid}\n`)
    writeFileSync(join(folder, 'autogroup'), '/autogroup-44 nice 0\n')
    expect(run(tried, text => text.replaceAll('/proc/$PPID/autogroup', `${folder}/autogroup`)).status).toBe(0)
    expect(readFileSync(join(folder, 'autogroup'), 'utf8')).toBe('-15\n')
  })

  test('a watch that has replaced itself with a new version does not miss what was written while it was read', () => {
    const looks = `watch_standby() { exit 0; }; watch_connection() { :; }; newer_file() { return 1; }; raise_priority() { :; }`
    const own = (text: string) => text.replace('. /etc/ha.d/nfsha-watch.conf', ':')
    const mark = join(folder, 'run/watch')
    writeFileSync(mark, '')
    utimesSync(mark, 1000, 1000)
    expect(run(`echo $$ > $memory/watch; touch -d @1000 $memory/watch; ${looks}; watch`, own).status).toBe(0)
    expect(statSync(mark).mtimeMs).toBe(1_000_000)
    expect(run(`${looks}; watch`, own).status).toBe(0)
    expect(statSync(mark).mtimeMs).toBeGreaterThan(1_000_000)
  })

  test('a connection that DRBD gave up is re-established, five times in an hour: a hanging peer may reboot late', () => {
    writeFileSync(join(folder, 'drbd'), 'version: 8.4.11\n 0: cs:StandAlone ro:Primary/Unknown ds:UpToDate/Outdated   r-----\n')
    writeFileSync(join(folder, 'run/fenced'), '5\n')
    const stubs = `NFSHA_MINOR=0 NFSHA_LINK=172.16.100.210; ip() { echo "4: em3 inet 172.16.100.210/24"; }; log() { :; }; watch_handshake() { :; }; drbdadm() { echo $tick >> ${folder}/tried; }`
    const tried = `${stubs}; next_connect=0; pause=40; tick=0; while [ $tick -lt 900 ]; do tick=$((tick + 10)); watch_connection; done; :`
    expect(run(tried, text => text.replaceAll('/proc/drbd', `${folder}/drbd`)).status).toBe(0)
    expect(readFileSync(join(folder, 'tried'), 'utf8').trim().split('\n')).toEqual(['10', '50', '210', '850'])
  })

  test.each([
    ['the address is known and the peer is heard', '0x2', 'active', '52:54:00:1A:01:02'],
    ['the kernel does not know it', '0x0', 'active', ''],
    ['the peer is not heard: another machine may have its address by now', '0x2', 'dead', ''],
  ])('the peer’s NIC is recorded: %s', (_name, flags, heard, noted) => {
    const table = `IP address       HW type     Flags       HW address            Mask     Device
192.168.0.1      0x1         0x2         52:54:00:1a:01:fe     *        em1
192.168.0.211    0x1         ${flags}         52:54:00:1a:01:02     *        em1
`
    writeFileSync(join(folder, 'arp'), table)
    writeFileSync(join(folder, 'run/peer-nic'), '')
    const tried = `NFSHA_PEER_SERVICE=192.168.0.211; cl_status() { echo ${heard}; }; note_peer_nic`
    expect(run(tried, text => text.replace('/proc/net/arp', `${folder}/arp`)).status).toBe(0)
    expect(readFileSync(join(folder, 'run/peer-nic'), 'utf8').trim()).toBe(noted)
  })

  test('a send_arp that hangs does not prevent the notification of clients', () => {
    mkdirSync(join(folder, 'run/state'), { recursive: true })
    writeFileSync(join(folder, 'run/state/connections'), '192.168.0.219:2049 192.168.0.50:801\n')
    writeFileSync(join(folder, 'tools/send_arp'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
    writeFileSync(join(folder, 'tools/tickle_tcp'), `#!/bin/sh\ncat >> ${folder}/called\n`, { mode: 0o755 })
    expect(run(`NFSHA_HELPERS=${folder}/tools; has_vip() { false; }; announce_address; [ -s ${folder}/called ]`).status).toBe(0)
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe('192.168.0.219:2049 192.168.0.50:801\n')
  })

  describe('nfsdcld', () => {
    const called = () => readFileSync(join(folder, 'called'), 'utf8')
    const database = () => join(folder, 'run/state/nfsdcld')
    beforeEach(() => mkdirSync(database(), { recursive: true }))

    test('its database gets a write-ahead log before it is opened', () => {
      expect(run('start_nfsdcld').status).toBe(0)
      expect(called()).toBe(`sqlite3 ${database()}/main.sqlite PRAGMA journal_mode=WAL\nnfsdcld -s ${database()}\n`)
    })
    test('which costs a takeover nothing once it exists', () => {
      writeFileSync(join(database(), 'main.sqlite-wal'), '')
      expect(run('start_nfsdcld').status).toBe(0)
      expect(called()).toBe(`nfsdcld -s ${database()}\n`)
    })
    test('and is not required', () => {
      expect(run('sqlite3() { return 127; }; start_nfsdcld').status).toBe(0)
      expect(called()).toBe(`nfsdcld -s ${database()}\n`)
    })
  })
})
