import { createHash } from 'node:crypto'

/** A key by its form; nobody signs with it. */
export function fakeKey(seed: string, type = 'ssh-ed25519'): Buffer {
  const name = Buffer.from(type)
  const body = createHash('sha256').update(seed).digest()
  const length = (bytes: Buffer) => Buffer.from(Uint32Array.of(bytes.length).buffer).swap32()
  return Buffer.concat([length(name), name, length(body), body])
}
