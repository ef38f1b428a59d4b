/** The size and layout of an ext4 file system, from its superblock. */
export interface Ext4Size {
  blockSize: number
  blocks: number
  blocksPerGroup: number
  inodesPerGroup: number
  inodeSize: number
  descriptorSize: number
  reservedDescriptorBlocks: number
  /** Feature 64bit: without it at most 2^32 blocks. */
  wide: boolean
  /** It has recorded errors that are not repaired: ext4 refuses to resize it. */
  errors: boolean
}

/** Shell that prints the superblock of an ext4 in hex. It reads through the page cache: if mounted, the kernel's copy is current. */
export const superblockOf = (device: string): string =>
  `dd if=${device} bs=1024 skip=1 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \\n'; echo`

/** Pure: undefined when it is not an ext4. The fields: linux/fs/ext4/ext4.h, struct ext4_super_block. */
export const parseExt4Size = (hex: string): Ext4Size | undefined => {
  const bytes = Buffer.from(hex.replace(/\s+/g, ''), 'hex')
  if (bytes.length < 1024 || bytes.readUInt16LE(0x38) !== 0xef53) return undefined
  const wide = (bytes.readUInt32LE(0x60) & 0x80) !== 0
  return {
    blockSize: 1024 * 2 ** Math.min(bytes.readUInt32LE(0x18), 6),
    blocks: bytes.readUInt32LE(0x04) + (wide ? bytes.readUInt32LE(0x150) * 2 ** 32 : 0),
    blocksPerGroup: bytes.readUInt32LE(0x20),
    inodesPerGroup: bytes.readUInt32LE(0x28),
    inodeSize: bytes.readUInt16LE(0x58),
    descriptorSize: wide ? bytes.readUInt16LE(0xfe) : 32,
    reservedDescriptorBlocks: bytes.readUInt16LE(0xce),
    wide,
    errors: (bytes.readUInt16LE(0x3a) & 2) !== 0,
  }
}

/**
 * Pure: the number of blocks that this file system can have on a device of this many bytes. ext4_resize_fs (linux/fs/ext4/resize.c) and
 * mkfs.ext4 omit a last group without room for its tables. mkfs.ext4 requires 50 blocks more; space that it omits does not count as room
 * to grow.
 */
export const blocksOn = (fs: Ext4Size, deviceBytes: number): number => {
  const total = Math.min(Math.floor(deviceBytes / fs.blockSize), fs.wide ? Number.POSITIVE_INFINITY : 2 ** 32 - 1)
  if (total <= 0 || fs.blocksPerGroup === 0) return 0
  const lastGroup = Math.floor((total - 1) / fs.blocksPerGroup)
  const descriptors = Math.ceil(((lastGroup + 1) * fs.descriptorSize) / fs.blockSize)
  const inodes = Math.ceil((fs.inodesPerGroup * fs.inodeSize) / fs.blockSize)
  const tables = 3 + descriptors + fs.reservedDescriptorBlocks + inodes + 50
  return total - lastGroup * fs.blocksPerGroup > tables ? total : lastGroup * fs.blocksPerGroup
}
