/** One entry of an initramfs archive. */
export interface CpioEntry {
  path: string
  /** Type and permissions, as in stat: 0o100644, 0o040755. */
  mode: number
  uid?: number
  content?: string
}

/**
 * A cpio archive in the kernel's "newc" format. The kernel unpacks several concatenated archives, so a machine's own files
 * follow the shared initrd.
 */
export const cpioArchive = (entries: readonly CpioEntry[]): Buffer => {
  const records = entries.map((entry, index) => record(entry, index + 1))
  return Buffer.concat([...records, record({ path: 'TRAILER!!!', mode: 0 }, 0)])
}

const record = (entry: CpioEntry, inode: number): Buffer => {
  const content = Buffer.from(entry.content ?? '')
  const name = Buffer.from(`${entry.path}\0`)
  const owner = entry.uid ?? 0
  const fields = [inode, entry.mode, owner, owner, 1, Math.floor(Date.now() / 1000), content.length, 0, 0, 0, 0, name.length, 0]
  const header = Buffer.from(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`)
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)])
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
