import { Buffer } from 'node:buffer'
import { Transform } from 'node:stream'
import { decodeHostText } from './host-text.ts'

/** Bytes kept from before a gate opens (greeting of the login shell, sudo's lecture), for diagnosis. */
const heldLimit = 64 * 1024

/** Maximum bytes before a gate opens. */
export const greetingLimit = 1024 ** 2

/** A stream that drops everything up to and including a marker and passes everything after it. */
export interface Gate {
  readonly stream: Transform
  readonly isOpen: () => boolean
  /** The output before the marker. */
  readonly held: () => string
  /** Discards the output before the marker. */
  readonly forget: () => void
}

/**
 * @param marker where the gate opens
 * @param onHeld called with everything held back so far, for each chunk before the marker and when the marker is found
 * @param onFlood called once when more than `greetingLimit` arrives before the marker; the rest is dropped
 */
export const createGate = (marker: string, onHeld: (held: string, open: boolean) => void, onFlood: () => void): Gate => {
  const needle = Buffer.from(marker)
  let held: Buffer = Buffer.alloc(0)
  let open = false
  let before = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (open) return done(null, chunk)
      if (before > greetingLimit) return done()
      before += chunk.length
      if (before > greetingLimit) onFlood()
      const seen = Buffer.concat([held, chunk])
      const at = seen.indexOf(needle)
      open = at >= 0
      held = open ? seen.subarray(0, at) : seen.subarray(Math.max(0, seen.length - heldLimit))
      onHeld(decodeHostText(held), open)
      if (open && at + needle.length < seen.length) this.push(seen.subarray(at + needle.length))
      done()
    },
  })
  const forget = () => {
    held = Buffer.alloc(0)
  }
  return { stream, isOpen: () => open, held: () => decodeHostText(held), forget }
}
