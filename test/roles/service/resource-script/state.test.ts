import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runFunctions, scriptFolder, shells } from './functions.ts'

/** debugfs 1.47.0, `stat <5>`. */
const inode = (size: number, extents: string) => `Inode: 5   Type: regular    Mode:  0000   Flags: 0x80000
Generation: 2658582052    Version: 0x00000000:00000001
User:     0   Group:     0   Project:     0   Size: ${size}
Links: 1   Blockcount: 32768
Fragment:  Address: 0    Number: 0    Size: 0
Inode checksum: 0x0ae8cf84
${extents}
`

/** sqlite3 .dump of nfsdcld's database, version 4, as created by nfs-utils 2.6.2. */
const records = `BEGIN TRANSACTION;
CREATE TABLE parameters (key TEXT PRIMARY KEY, value TEXT);
INSERT INTO parameters VALUES('version','4');
INSERT INTO parameters VALUES('first_time','0');
CREATE TABLE grace (current INTEGER , recovery INTEGER);
INSERT INTO grace VALUES(4,0);
CREATE TABLE IF NOT EXISTS "rec-0000000000000004" (id BLOB PRIMARY KEY, princhash blob);
INSERT INTO "rec-0000000000000004" VALUES(X'4c696e7578204e465376342e32204331',NULL);
INSERT INTO "rec-0000000000000004" VALUES(X'4c696e7578204e465376342e31204331',X'00ff');
COMMIT;
`

describe.each(shells)('the client state, under %s', shell => {
  let folder = ''
  const state = (...path: string[]) => join(folder, 'run/state', ...path)
  const called = () => readFileSync(join(folder, 'called'), 'utf8')
  beforeEach(() => {
    folder = scriptFolder(['mount', 'umount', 'ss', 'chown'])
    writeFileSync(join(folder, 'tools/logger'), '#!/bin/sh\n', { mode: 0o755 })
    mkdirSync(state(), { recursive: true })
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'called'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const run = (tried: string, more?: (text: string) => string) =>
    runFunctions(shell, folder, tried, 'NFSHA_DEVICE=/dev/drbd0 NFSHA_MINOR=0', more)
  const answers = (text: string) => writeFileSync(join(folder, 'tools/debugfs'), `#!/bin/sh\ncat <<'E'\n${text}E\n`, { mode: 0o755 })

  describe('its volume', () => {
    test.each([
      ['one range', inode(16777216, 'EXTENTS:\n(0-4095):38912-43007'), '159383552 16777216'],
      ['moved by resize2fs', inode(16777216, 'EXTENTS:\n(0-4094):6316-10410, (4095):10411'), '25870336 16777216'],
      ['blocks of 1 KiB', inode(4096, 'EXTENTS:\n(0-3):100-103'), '102400 4096'],
    ])('is found: %s', (_name, text, wanted) => {
      answers(text)
      expect(run(`find_volume && [ "$offset $size" = "${wanted}" ]`)).toEqual({ status: 0, stderr: '' })
    })
    test.each([
      ['there is none', inode(0, 'BLOCKS:')],
      ['an empty inode with extents', inode(0, 'EXTENTS:')],
      ['in two pieces', inode(16777216, 'EXTENTS:\n(0-2047):38912-40959, (2048-4095):50000-52047')],
      ['a hole in it', inode(16777216, 'EXTENTS:\n(0-2047):38912-40959')],
      ['never written', inode(16777216, 'EXTENTS:\n(0[u]-4095[u]):38912-43007')],
      ['a tree of extents', inode(16777216, 'EXTENTS:\n(ETB0):1234, (0-4095):38912-43007')],
      ['a few bytes of other content', inode(1, 'EXTENTS:\n(0):38463')],
      ['debugfs cannot read the device', ''],
    ])('is not found in anything else: %s', (_name, text) => {
      answers(text)
      expect(run('find_volume').status).toBe(1)
    })

    const flags = 'noatime,nodev,nosuid,noexec,nosymfollow'
    test('is mounted outside the share', () => {
      answers(inode(16777216, 'EXTENTS:\n(0-4095):38912-43007'))
      expect(run('mount_state').status).toBe(0)
      expect(called()).toBe(`mount -t ext4 -o loop,offset=159383552,sizelimit=16777216,${flags} /dev/drbd0 ${state()}\n`)
    })
    test('clients are served even if it cannot be mounted', () => {
      answers(inode(16777216, 'EXTENTS:\n(0-4095):38912-43007'))
      const { status, stderr } = run(`mount() { echo "mount $*" >> ${folder}/called; [ "$2" != ext4 ]; }; mount_state`)
      expect(status).toBe(0)
      expect(stderr).toContain('the state is kept in memory, and clients will lose their locks at the next takeover')
      expect(called().split('\n').at(-2)).toBe(`mount -t tmpfs -o size=16m,mode=711,${flags} nfsha ${state()}`)
    })
    const mountinfo = (line: string) => (text: string) => {
      writeFileSync(join(folder, 'mountinfo'), `${line}\n`)
      return text.replaceAll('/proc/self/mountinfo', `${folder}/mountinfo`)
    }
    test('if there is none yet, the directory in the share is used, through a mount that follows no links', () => {
      answers(inode(0, 'BLOCKS:'))
      const own = mountinfo(`36 35 147:0 /.nfsha ${state()} rw,nosuid - ext4 /dev/drbd0 rw`)
      expect(run('mount_state', own)).toEqual({ status: 0, stderr: '' })
      expect(called()).toContain(`mount --bind -o ${flags} ${folder}/data/.nfsha ${state()}\n`)
      expect(called()).not.toMatch(/tmpfs|umount/)
    })
    test.each([
      ['a link to another file system', '36 35 254:0 /.nfsha'],
      ['a link to another directory', '36 35 147:0 /victim'],
    ])('but not if a client has tampered with it: %s', (_name, root) => {
      answers(inode(0, 'BLOCKS:'))
      expect(run('mount_state', mountinfo(`${root} ${state()} rw - ext4 /dev/drbd0 rw`)).status).toBe(0)
      expect(called()).toMatch(new RegExp(`umount ${state()}\\nmount -t tmpfs `))
    })
    test('a client cannot prevent the creation of the directory to have something else mounted', () => {
      answers(inode(0, 'BLOCKS:'))
      spawnSync('mkfifo', [join(folder, 'data/.nfsha')])
      expect(run('mount_state').status).toBe(0)
      expect(called()).toMatch(/^mount -t tmpfs /)
    })
  })

  describe('the list of connections', () => {
    const lines = (text: string, tried = 'saved_connections') => {
      writeFileSync(state('connections'), text)
      const { stderr } = run(`${tried} >&2`)
      return stderr
    }
    const good = '192.168.0.219:2049 192.168.0.50:801\n'
    test('only valid lines reach the program that sends packets', () => {
      const bad = [
        '192.168.0.219:2049 192.168.0.50:801 more',
        '192.168.0.219:22 192.168.0.50:801',
        '10.0.0.1:2049 192.168.0.50:801',
        '192.168.0.219:2049 evil.example:801',
        '192.168.0.219:2049 [fe80::1]:801',
        '192.168.0.219:2049 192.168.0.50:801;id',
        ' 192.168.0.219:2049 192.168.0.50:801',
        '192.168.0.219:2049 192.168.0.50:999999',
        '',
      ]
      expect(lines(`${bad.join('\n')}\n${good}`)).toBe(good)
    })
    test('a list is truncated', () => expect(lines(good.repeat(20_000)).split('\n').length).toBeLessThanOrEqual(5001))
    test.each([
      ['a FIFO', () => spawnSync('mkfifo', [state('connections')])],
      ['a link', () => symlinkSync(join(folder, 'victim'), state('connections'))],
      ['a directory', () => mkdirSync(state('connections'))],
    ])('is not read from %s', (_name, made) => {
      writeFileSync(join(folder, 'victim'), good)
      made()
      expect(run('[ -z "$(saved_connections)" ]').status).toBe(0)
    })

    const now = `now='192.168.0.219:2049 192.168.0.50:801'`
    const has = 'has_state() { :; }'
    test('is saved', () => {
      expect(run(`${now}; write_connections`).status).toBe(0)
      expect(readFileSync(state('connections'), 'utf8')).toBe(good)
      expect(readFileSync(join(folder, 'run/saving'), 'utf8')).toBe('')
    })
    test.each([
      ['a FIFO', () => spawnSync('mkfifo', [state('connections.new')])],
      ['a link', () => symlinkSync(join(folder, 'victim'), state('connections.new'))],
      ['a directory', () => mkdirSync(state('connections.new'))],
      ['a directory in place of the list', () => mkdirSync(state('connections'))],
    ])('is not written through %s, without delay', (_name, made) => {
      writeFileSync(join(folder, 'victim'), 'precious\n')
      made()
      const before = Date.now()
      expect(run(`${now}; ! write_connections`).status).toBe(0)
      expect(Date.now() - before).toBeLessThan(10_000)
      expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('precious\n')
    })
    test('a disk that hangs does not block the watch, and no second writer is started', () => {
      const hangs = `dd() { echo dd >> ${folder}/called; until [ -e ${folder}/released ]; do sleep 0.05; done; cat > /dev/null; }`
      const list = 'ss() { echo "0 0 192.168.0.219:2049 192.168.0.50:801"; }'
      const tried = `${has}; ${hangs}; ${list}; known=''; save_connections; save_connections; [ -z "$known" ] && : > ${folder}/released`
      expect(run(tried).status).toBe(0)
      expect(called()).toBe('dd\n')
    })
  })

  describe('the state in the share of an older pair', () => {
    test('only records in nfsdcld’s own format are imported', () => {
      writeFileSync(join(folder, 'dump'), records)
      const { stderr } = run(`only_records < ${folder}/dump >&2`)
      expect(stderr).toBe(records)
    })
    test.each([
      '.shell touch /root/x',
      '.system touch /root/x',
      "ATTACH DATABASE '/etc/cron.d/x' AS a;",
      'CREATE TRIGGER t AFTER INSERT ON grace BEGIN SELECT 1; END;',
      "CREATE VIEW grace AS SELECT load_extension('/data/x.so');",
      "INSERT INTO parameters VALUES('version',load_extension('x'));",
      'INSERT INTO "rec-0000000000000004" VALUES(X\'00\',NULL); DROP TABLE grace;',
      'PRAGMA writable_schema=ON;',
      "INSERT INTO sqlite_schema VALUES('table','x','x',0,'x');",
      'INSERT INTO "rec-0000000000000004" VALUES(X\'00',
    ])('not imported: %s', line => {
      writeFileSync(join(folder, 'dump'), `${line}\n`)
      expect(run(`only_records < ${folder}/dump >&2`).stderr).toBe('')
    })
    test.each([
      ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
      ['a FIFO', (path: string) => spawnSync('mkfifo', [path])],
      ['a directory', (path: string) => mkdirSync(path)],
    ])('%s is not copied', (_name, made) => {
      const path = join(folder, 'main.sqlite')
      made(path)
      expect(run(`! copy_plain ${path} ${folder}/copy 1`).status).toBe(0)
      expect(existsSync(join(folder, 'copy'))).toBe(false)
    })
    test('a huge file is copied up to a limit', () => {
      const path = join(folder, 'main.sqlite')
      writeFileSync(path, Buffer.alloc(3 << 20))
      expect(run(`copy_plain ${path} ${folder}/copy 2`).status).toBe(0)
      expect(readFileSync(join(folder, 'copy')).length).toBe(2 << 20)
    })
  })
})
