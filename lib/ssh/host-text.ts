import { isUtf8 } from 'node:buffer'

/**
 * Converts a host's bytes to text and back without loss. A byte that is not valid UTF-8 becomes a lone surrogate (0xff is U+DCFF, as in
 * Python's `surrogateescape`) and is written back as that byte. A Latin-1 comment in an edited file survives, and a diff can show it.
 */
export interface HostTextDecoder {
  /** A character may be split across chunks: its first bytes are held until the rest arrives. */
  write(chunk: Uint8Array): string
  end(): string
}

export const hostTextDecoder = (): HostTextDecoder => {
  let held: Buffer = Buffer.alloc(0)
  return {
    write(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([held, chunk])
      const whole = bytes.length - unfinished(bytes)
      held = Buffer.from(bytes.subarray(whole))
      return decodeHostText(bytes.subarray(0, whole))
    },
    end() {
      const text = decodeHostText(held)
      held = Buffer.alloc(0)
      return text
    },
  }
}

/** How many bytes at the end belong to an incomplete character. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte >= 0xc2 && byte <= 0xf4) return lengthOf(byte) > back ? back : 0
    if (byte < 0x80 || byte > 0xbf) return 0
  }
  return 0
}

const lengthOf = (first: number) => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)

export const decodeHostText = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const pieces: string[] = []
  let good = 0
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at] ?? 0)
    if (at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) {
      at += length
      continue
    }
    pieces.push(bytes.toString('utf8', good, at), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)))
    at += 1
    good = at
  }
  pieces.push(bytes.toString('utf8', good))
  return pieces.join('')
}

/** The bytes from which `decodeHostText` made the text. */
export const encodeHostText = (text: string): Buffer => {
  if (!/[\udc80-\udcff]/.test(text) || text.isWellFormed()) return Buffer.from(text, 'utf8')
  const parts = text.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/)
  return Buffer.concat(parts.map((part, i) => (i % 2 === 1 ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part, 'utf8'))))
}
