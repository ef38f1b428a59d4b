import { execFileSync, spawnSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { client } from '../../../roles/client/role.ts'
import { siteRoles } from '../../../roles/index.ts'
import { diskScript, parseDisk } from '../../../roles/uninstall/disk.ts'
import { removeScript } from '../../../roles/uninstall/remove.ts'
import type { FileFate } from '../../../roles/uninstall/state.ts'
import { wipeScript } from '../../../roles/uninstall/wipe.ts'
import { type LoopDisk, loopDisk, loopsWork } from '../../lib/resources/loop.ts'
import { contextOn } from '../contexts.ts'

// Scripts that write to a node, run on this machine: on a loop device, and in a separate mount namespace.
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})
const disk = (bytes = 16 * 2 ** 20): LoopDisk => {
  const made = loopDisk(bytes)
  ends.push(made.end)
  return made
}
const contextWith = (device = '/dev/null') => contextOn(debian12, {}, `ha_stack=lean drbd_disk=${device}`)
const run = (script: string) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-s'], {
    input: script,
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  })
  return { code: status, stdout, stderr }
}
const judged = (device: string) => parseDisk(run(diskScript(contextWith(device).vars)).stdout)

describe.skipIf(!loopsWork)(loopsWork ? 'a wiped disk' : 'loop devices do not work here (root, losetup)', () => {
  test('a disk with a file system is not blank before, and blank to the last byte afterwards', () => {
    const { device, sh } = disk()
    sh('mke2fs -q -t ext4 $d; printf x | dd of=$d bs=1 seek=$((16 * 1048576 - 1)) conv=notrunc 2>/dev/null; blockdev --flushbufs $d')
    expect(judged(device)).toMatchObject({ blank: false, ext4: {} })
    expect(run(wipeScript(contextWith(device)))).toMatchObject({ code: 0 })
    expect(judged(device)).toMatchObject({ blank: true, against: [] })
    expect(
      execFileSync('sh', ['-c', `tr -d '\\0' < ${device} | wc -c`])
        .toString()
        .trim(),
    ).toBe('0')
  })

  test('a disk in use is not changed, and what uses it is reported', async () => {
    const { device, sh, sha256 } = disk()
    sh('mke2fs -q -t ext4 $d')
    const before = await sha256()
    const { code, stderr } = run(`exec 3<> ${device}; sleep 30 & p=$!\n(${wipeScript(contextWith(device))})\nc=$?; kill $p; exit $c`)
    expect(code).toBe(1)
    expect(stderr).toMatch(/is open in \S+ \(process \d+\)/)
    expect(await sha256()).toBe(before)
  })

  test('a missing disk is a failure', () => {
    expect(run(wipeScript(contextWith('/dev/nfsha-no-such-disk'))).code).not.toBe(0)
    expect(judged('/dev/nfsha-no-such-disk')).toMatchObject({ blank: false })
  })
})

const namespaces = spawnSync('unshare', ['-m', 'true']).status === 0
describe.skipIf(!namespaces)(namespaces ? 'the removal' : 'mount namespaces do not work here (root)', () => {
  const files: FileFate[] = [
    { path: '/etc/nfsha-test/put-back', replaced: true, fate: 'put back' },
    { path: '/etc/nfsha-test/removed', replaced: false, fate: 'removed' },
    { path: '/etc/nfsha-test/left', replaced: true, fate: 'left' },
  ]
  const site = siteRoles.filter(role => role !== client)
  /** Private directories for everything that is written, and programs that only record their calls. */
  const inside = (after: string, more: string) => `unshare -m sh -s <<'NFSHA_TEST'
set -e
for d in /var/lib /var/backups /run /etc /usr/local; do mkdir -p $d; mount -t tmpfs tmpfs $d; done
mkdir -p /run/tools /var/lib/nfsha-play/backup /var/lib/nfsha-play/jobs/1 /etc/nfsha-test /run/nfsha/state /usr/local/lib/nfsha
for p in systemctl apt-mark ip chattr lsattr; do printf '#!/bin/sh\\necho %s "$@" >> /run/called\\n' $p > /run/tools/$p; chmod +x /run/tools/$p; done
PATH=/run/tools:$PATH; export PATH
b=/var/lib/nfsha-play/backup
echo ours > /etc/nfsha-test/put-back; echo theirs > "$b/%etc%nfsha-test%put-back"; chmod 600 "$b/%etc%nfsha-test%put-back"
echo ours > /etc/nfsha-test/removed; : > "$b/%etc%nfsha-test%removed"
echo both > /etc/nfsha-test/left; echo theirs > "$b/%etc%nfsha-test%left"
: > "$b/%etc%motd"; echo full > /var/lib/nfsha-play/served
${more}
set +e
sh -s <<'NFSHA_SCRIPT' || echo "ended $?"
${removeScript(files, [], site, contextWith())}
NFSHA_SCRIPT
${after}
NFSHA_TEST`

  test('files are removed, restored or left; the backup records are removed; everything is in an archive that only root can read', () => {
    const after = `cd /etc/nfsha-test; grep . *; stat -c %a put-back; ls -A /var/lib/nfsha-play /var/lib/nfsha-play/backup /usr/local/lib; ls -d /run/nfsha 2>&1
stat -c %a /var/backups/*; tar -tzf /var/backups/* | sort; tar -xzOf /var/backups/* etc/nfsha-test/put-back`
    const { stdout, stderr } = run(inside(after, ':'))
    expect(stderr).toBe('')
    const lines = stdout.trim().split('\n')
    expect(lines).not.toContainEqual(expect.stringMatching(/^ended/))
    expect(lines.slice(1, 4)).toEqual(['left:both', 'put-back:theirs', '600'])
    expect(lines.slice(4)).toEqual([
      '/usr/local/lib:',
      '',
      '/var/lib/nfsha-play:',
      'backup',
      '',
      '/var/lib/nfsha-play/backup:',
      '%etc%motd',
      "ls: cannot access '/run/nfsha': No such file or directory",
      '600',
      'etc/nfsha-test/left',
      'etc/nfsha-test/put-back',
      'etc/nfsha-test/removed',
      'var/lib/nfsha-play/backup/',
      'var/lib/nfsha-play/backup/%etc%motd',
      'var/lib/nfsha-play/backup/%etc%nfsha-test%left',
      'var/lib/nfsha-play/backup/%etc%nfsha-test%put-back',
      'var/lib/nfsha-play/backup/%etc%nfsha-test%removed',
      'var/lib/nfsha-play/served',
      'ours',
    ])
  })

  test('nothing is removed from a node that holds the address of the service', () => {
    const serving = `printf '#!/bin/sh\\necho "2: em1    inet 192.168.0.219/24 scope global em1"\\n' > /run/tools/ip`
    const { stdout, stderr } = run(inside('grep . /etc/nfsha-test/*; ls /var/lib/nfsha-play/backup | wc -l', serving))
    expect(stderr).toMatch(/the node has the service/)
    expect(stdout).toMatch(/^ended 1\n.*left:both\n.*put-back:ours\n.*removed:ours\n4\n$/)
  })
})
