import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blocksOn, type Ext4Size, parseExt4Size } from '../../../lib/resources/ext4-size.ts'
import { runs } from '../../runs.ts'

/** Superblock of a 320 MiB share of a pair, made by mke2fs 1.47.2 and mounted; the rest of its 1024 bytes is zero. */
const recorded = `
 10 50 00 00 f4 3f 01 00 ff 0f 00 00 74 1a 01 00 03 50 00 00 00 00 00 00 02 00 00 00 02 00 00 00
 00 80 00 00 00 80 00 00 b0 1a 00 00 3a df 0c 6b 3a df 0c 6b 03 00 ff ff 53 ef 01 00 01 00 00 00
 ab dd 0c 6b 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 0b 00 00 00 00 01 00 00 3c 10 00 00
 c6 22 00 00 6b 04 01 00 26 78 df 4e cb 27 45 bf 84 90 01 a4 14 7d 47 3d 00 00 00 00 00 00 00 00
 00 00 00 00 00 00 00 00 2f 64 61 74 61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 00 00 00 00 00 00 00 00 00 00 00 00 00 00 27 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 08 00 00 00 00 00 00 00 00 00 00 00 25 f3 ca b6 54 10 46 cf 9b ad c7 6e 41 ba b2 10 01 01 40 00`
const hexOf = (change: (bytes: Buffer) => void = () => undefined): string => {
  const bytes = Buffer.alloc(1024)
  Buffer.from(recorded.replace(/\s+/g, ''), 'hex').copy(bytes)
  change(bytes)
  return bytes.toString('hex')
}
const share: Ext4Size = {
  blockSize: 4096,
  blocks: 81908,
  blocksPerGroup: 32768,
  inodesPerGroup: 6832,
  inodeSize: 256,
  descriptorSize: 64,
  reservedDescriptorBlocks: 39,
  wide: true,
  errors: false,
}

test('the superblock of a share', () => {
  expect(parseExt4Size(hexOf())).toEqual(share)
})

test('recorded errors, and more than 2^32 blocks', () => {
  expect(parseExt4Size(hexOf(bytes => bytes.writeUInt16LE(3, 0x3a)))?.errors).toBe(true)
  expect(parseExt4Size(hexOf(bytes => bytes.writeUInt32LE(2, 0x150)))?.blocks).toBe(2 ** 33 + 81908)
})

test.each([
  ['nothing', ''],
  ['a truncated superblock', hexOf().slice(0, 1000)],
  ['zeros', '00'.repeat(1024)],
  ['another magic number', hexOf(bytes => bytes.writeUInt16LE(0x1234, 0x38))],
])('%s is not an ext4', (_name, hex) => {
  expect(parseExt4Size(hex)).toBeUndefined()
})

test('it fills its device, and matches the observed result of resize2fs on a larger one', () => {
  expect(blocksOn(share, 335495168)).toBe(81908)
  expect(blocksOn(share, 402604032)).toBe(98292)
})

test('a last group without room for its tables is omitted, as by mkfs.ext4 and the kernel', () => {
  expect(blocksOn(share, (3 * 32768 + 400) * 4096)).toBe(3 * 32768)
  expect(blocksOn(share, (3 * 32768 + 600) * 4096)).toBe(3 * 32768 + 600)
})

test('without the feature 64bit the limit is 2^32 blocks', () => {
  expect(blocksOn({ ...share, wide: false, descriptorSize: 32 }, 2 ** 50)).toBeLessThan(2 ** 32)
  expect(blocksOn(share, 2 ** 50)).toBeGreaterThan(2 ** 32)
})

test('never more than the device has, and never fewer on a larger one', () => {
  const size = fc.integer({ min: 0, max: 2 ** 45 })
  fc.assert(
    fc.property(size, size, (one, more) => {
      expect(blocksOn(share, one) * share.blockSize).toBeLessThanOrEqual(one)
      expect(blocksOn(share, one + more)).toBeGreaterThanOrEqual(blocksOn(share, one))
    }),
    { numRuns: runs(300) },
  )
})
