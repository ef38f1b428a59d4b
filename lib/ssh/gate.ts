import { Buffer } from 'node:buffer'
import { Transform } from 'node:stream'
import { decodeHostText } from './host-text.ts'

/** What is held back before a gate opens: login shells' greetings, sudo's lecture. More than that is no diagnosis. */
const heldLimit = 64 * 1024

/** Bytes that may come before a gate opens at all. */
export const greetingLimit = 1024 ** 2

/** A stream that lets nothing through up to and including a marker, and everything after it. */
export interface Gate {
  readonly stream: Transform
  readonly isOpen: () => boolean
  /** What came before the marker. */
  readonly held: () => string
  /** Forgets what came before the marker. */
  readonly forget: () => void
}

/**
 * @param marker where the gate opens
 * @param onHeld called with all that is held back so far, each time something came in front of the marker, and when it was found
 * @param onFlood called once when more came before the marker than any greeting has; the rest of it is dropped
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
