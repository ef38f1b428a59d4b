import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { quote } from '../../../lib/ssh/quote.ts'
import { loopDisk, loopsWork } from '../../lib/resources/loop.ts'

// The script on a real volume, in PID and mount namespaces of its own: `end` finds no process of this machine.
const namespaces = loopsWork && spawnSync('unshare', ['-m', '-p', '-f', '--mount-proc', 'true']).status === 0
const holders = fileURLToPath(new URL('../../../roles/integrate/files/volume-holders', import.meta.url))

const folders: string[] = []
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Runs a script with `$d`, a device with ext4, `$m`, where it is to be mounted, `$other`, another directory, and `holders list` or `holders end`. */
const onVolume = (script: string): string => {
  const disk = loopDisk(64 << 20)
  ends.push(disk.end)
  disk.sh('mkfs.ext4 -q -F "$d"')
  return inNamespace(script, disk.device)
}
const inNamespace = (script: string, device: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-holders-'))
  folders.push(folder)
  writeFileSync(join(folder, 'conf'), `NFSHA_DEVICE=${device}; NFSHA_MINOR=0; NFSHA_MOUNT=${folder}/m\n`)
  const lines = `cd /; mkdir "$t/m" "$t/other"; m=$t/m; other=$t/other; holders() { NFSHA_CONF=$t/conf sh "$script" "$1"; }; ${script}`
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', '-p', '-f', '--mount-proc', '--kill-child', 'sh', '-ec', lines], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', d: device, t: folder, script: holders },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
  })
  expect(status, stderr).toBe(0)
  return stdout
    .trim()
    .replaceAll(folder, '')
    .replaceAll(/\bprocess \d+/g, 'process N')
}

describe.skipIf(!namespaces)(namespaces ? 'what holds the volume' : 'no root, or no loop devices and namespaces here', () => {
  test('an open file, a directory, a program and the device are found, and ended', () => {
    const script = `mount $d $m; cp /bin/sleep $m/program; sleep 50 < $m/program & $m/program 50 & sleep 50 < $d & ( cd $m; exec tail -f /dev/null ) &
      until [ "$(holders list | wc -l)" = 4 ]; do :; done; holders end | sort -k3; umount $m; holders list`
    expect(onVolume(script)).toBe('process N (program)\nprocess N (sleep)\nprocess N (sleep)\nprocess N (tail)')
  })

  test('a file name that looks like a line of /proc/PID/maps names no other process', () => {
    // The kernel writes a line feed in a name as \012, which the echo of dash would turn into a line feed again.
    const script = `mount $d $m; read -r number < /sys/class/block/\${d##*/}/dev; number=$(printf '%02x:%02x' \${number%:*} \${number#*:})
      crafted="$m/x
/proc/1"; mkdir -p "$crafted"; cp /bin/sleep "$crafted/maps:0-1 r 0 $number 1 y"; "$crafted/maps:0-1 r 0 $number 1 y" 50 &
      until [ -n "$(holders list)" ]; do :; done; holders list | sed 's/process 1 /the test itself /'`
    expect(onVolume(script)).toBe('process N (maps:0-1 r 0 07)')
  })

  test('mount points with spaces, backslashes, line feeds and percent signs are unmounted', () => {
    const script = `mount $d $m; for name in 'a b' 'a\\040b' 'a\\b' '100%s c' "first
second"; do mkdir "$m/$name"; mount -t tmpfs none "$m/$name"; done; holders end | wc -l; grep -c " $m/" /proc/self/mountinfo || true; umount $m`
    expect(onVolume(script)).toBe('6\n0')
  })

  test('more open files than the arguments of one program can name hide nobody', () => {
    // Six processes, because the limit of one may be 20,000.
    const open = `const fs = require('fs'); for (let i = 0; i < 18000; i++) fs.openSync('/dev/null'); fs.writeFileSync(process.argv[2], '')
      setInterval(() => {}, 1e6)`
    const script = `mount $d $m; printf '%s' ${quote(open)} > $other/open.cjs; ulimit -Sn 19000
      for i in 1 2 3 4 5 6; do ${process.execPath} $other/open.cjs $other/ready$i & done
      for i in 1 2 3 4 5 6; do until [ -e $other/ready$i ]; do sleep 0.1; done; done
      : > $m/file; sleep 50 < $m/file & until [ "$(readlink /proc/$!/fd/0)" = $m/file ]; do :; done; holders list`
    expect(onVolume(script)).toBe('process N (sleep)')
  })

  test('a mount namespace is still searched after the process that showed it was ended', () => {
    const script = `echo 1000 > /proc/sys/kernel/ns_last_pid
      unshare -m --propagation private sh -c 'mount $d $0; sleep 60 & cd $0; exec tail -f /dev/null' $other & until holders list | grep -q tail; do :; done
      holders end; echo left:; holders list`
    expect(onVolume(script)).toBe('process N (tail)\nmount /other in the mount namespace of process N (sleep)\nleft:')
  })

  test.each(['low', 'high'])('of two devices whose minor numbers differ by 256, only the volume (%s) is searched', volume => {
    const low = loopDisk(64 << 20)
    ends.push(low.end)
    const high = `/dev/loop${Number(low.device.replace('/dev/loop', '')) + 256}`
    ends.push(() => spawnSync('losetup', ['-d', high]))
    low.sh(`truncate -s 64M $t/high; losetup ${high} $t/high; for device in $d ${high}; do mkfs.ext4 -q -F $device; done`)
    const [device, foreign] = volume === 'low' ? [low.device, high] : [high, low.device]
    const script = `mount $d $m; mount ${foreign} $other; : > $m/file; : > $other/file
      sleep 50 < $m/file & tail -f /dev/null 3< $other/file & until [ -e /proc/$!/fd/3 ] && [ -n "$(holders list)" ]; do :; done; holders list`
    expect(inNamespace(script, device)).toBe('process N (sleep)')
  })
})
