import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { notBlank } from '../../../lib/resources/blank.ts'
import { quote } from '../../../lib/ssh/quote.ts'
import { compareStateVolume, makeStateVolume } from '../../../roles/drbd-init/state-volume.ts'
import type { Vars } from '../../../roles/vars.ts'
import { loopDisk, loopsWork } from '../../lib/resources/loop.ts'
import { expectVerdict } from '../verdicts.ts'

const mountsWork = loopsWork && spawnSync('unshare', ['-m', 'true']).status === 0

test.skipIf(!mountsWork)(
  mountsWork
    ? 'a mounted ext4 gets the volume: out of reach of names, respected by e2fsck, kept by a resize'
    : 'no root, or no loop devices and mounts here',
  () => {
    const disk = loopDisk(200 << 20)
    try {
      const make = `${notBlank}\n${makeStateVolume({ drbd_device: disk.device } as Vars)}\n`
      disk.sh('mkfs.ext4 -q -F -b 4096 "$d" 30000; mkdir "$t/m"')
      // In a mount namespace of its own: one that another test makes at this moment would keep a copy of the mount, and the device busy.
      const script = `${make}\nmount "$d" "$t/m"; make_state_volume "$t/m" 2>/dev/null; ls -A "$t/m"; umount "$t/m"`
      const serve = `unshare -m sh -ec ${quote(script)}`
      expect(disk.sh(serve)).toBe('lost+found\n')
      const look = `${make}\nfind_volume; echo "$size $(dd if="$d" bs=1 skip=$((offset + 1080)) count=2 2>/dev/null | od -An -tx1)"`
      expect(disk.sh(look)).toBe('16777216  53 ef\n')
      // It ends with 0 only if it corrected nothing. With -n it would not record the check, and resize2fs(8) wants one after the last mount.
      disk.sh('e2fsck -fp "$d" >/dev/null 2>&1; resize2fs "$d" >/dev/null 2>&1; e2fsck -fn "$d" >/dev/null 2>&1')
      expect(disk.sh(look)).toBe('16777216  53 ef\n')
      // The second time it exists, and its file system is not created again.
      expect(() => disk.sh(serve)).toThrow()
      expect(disk.sh(look)).toBe('16777216  53 ef\n')
    } finally {
      disk.end()
    }
  },
  120_000,
)

const at = (role: string, volume: 'none' | 'blank' | 'ext4' | 'something that is not ext4', mounted = role === 'Primary') => ({
  host: role,
  role,
  volume,
  mounted,
})
test.each([
  ['an existing pair that serves', [at('Primary', 'none'), at('Secondary', 'none')], 1],
  ['an interrupted attempt', [at('Primary', 'blank'), at('Secondary', 'none')], 1],
  ['created, and the standby’s disk does not have it yet', [at('Primary', 'ext4'), at('Secondary', 'none')], 0],
  ['a new pair', [at('Secondary', 'ext4'), at('Secondary', 'none')], 0],
])('%s', (_name, states, wanted) => expectVerdict(compareStateVolume(states), wanted))

test('no node is promoted for it, and foreign content stays', () => {
  expect(compareStateVolume([at('Secondary', 'none'), at('Secondary', 'none')])).toMatchObject({ kind: 'skipped' })
  expectVerdict(compareStateVolume([at('Primary', 'something that is not ext4')]), /left unchanged/)
  expect(compareStateVolume([])).toMatchObject({ kind: 'unknown' })
})
