import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { parseVolume, sizesProbe } from '../../../roles/grow/state.ts'
import { contextOn } from '../contexts.ts'

const MiB = 2 ** 20
const probe = sizesProbe(contextOn(debian12, {}, 'ha_stack=lean'))
const read = (stdout: string) => probe.parse({ code: 0, stdout, stderr: '', at: 0 })

test('the sizes of a node, in bytes', () => {
  expect(read('@disk-size\n335544320\n@device-size\n655264\n@volume\n@super\n\n@sizes-end\n')).toMatchObject({
    state: { diskSize: 335544320, deviceSize: 335495168, volume: undefined, fileSystem: undefined },
  })
})

test('a missing disk and a device that is down are 0; truncated output is refused', () => {
  expect(read('@disk-size\n@device-size\n0\n@volume\n@super\n\n@sizes-end\n')).toMatchObject({ state: { diskSize: 0, deviceSize: 0 } })
  expect(read('@disk-size\n335544320\n@device-size\n655264\n')).toMatchObject({ kind: 'unknown' })
})

test('a volume, the space left in its group, and the space of its disk beyond the group', () => {
  const lvs = `  ${320 * MiB}:${4 * MiB}:${16 * MiB}\n`
  expect(parseVolume(`${lvs}  ${336 * MiB}:${340 * MiB}:${MiB}\n`)).toEqual({
    size: 320 * MiB,
    extent: 4 * MiB,
    free: 16 * MiB,
    diskHasGrown: false,
  })
  expect(parseVolume(`${lvs}  ${336 * MiB}:${404 * MiB}:${MiB}\n`)).toMatchObject({ free: 80 * MiB, diskHasGrown: true })
  expect(parseVolume('')).toBeUndefined()
  expect(parseVolume(lvs)).toBeUndefined()
})
