import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHostText, encodeHostText, hostTextDecoder } from '../../../lib/ssh/host-text.ts'
import { runs } from '../../runs.ts'

const pieces = fc.oneof(
  fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
  fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes)),
  fc.constantFrom(
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xe2, 0x82]),
    Buffer.from([0xf0, 0x9f, 0x98]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from([0xf4, 0x90, 0x80, 0x80]),
    Buffer.from('€😀', 'utf8'),
  ),
)
const byteTexts = fc.array(pieces, { maxLength: 6 }).map(list => Buffer.concat(list))

describe('text of a host', () => {
  test('Latin-1 bytes are preserved', () => {
    const bytes = Buffer.from('# f\xfcr M1 – \n', 'latin1')
    expect(decodeHostText(bytes)).toBe('# f\udcfcr M1 \u0013 \n')
    expect(encodeHostText(decodeHostText(bytes))).toEqual(bytes)
  })

  test('any bytes survive the round trip, in one chunk or in many', () => {
    fc.assert(
      fc.property(byteTexts, fc.array(fc.nat(12), { maxLength: 8 }), (bytes, cuts) => {
        const whole = decodeHostText(bytes)
        expect(encodeHostText(whole).equals(bytes)).toBe(true)
        const decoder = hostTextDecoder()
        let text = ''
        let from = 0
        for (const cut of cuts) {
          text += decoder.write(bytes.subarray(from, from + cut))
          from += cut
        }
        text += decoder.write(bytes.subarray(from)) + decoder.end()
        expect(encodeHostText(text).equals(bytes)).toBe(true)
        expect(text).toBe(whole)
      }),
      { numRuns: runs(1000) },
    )
  })

  test('valid UTF-8 is decoded as usual', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(decodeHostText(Buffer.from(text))).toBe(text)
        expect(encodeHostText(text).equals(Buffer.from(text))).toBe(true)
      }),
      { numRuns: runs(300) },
    )
  })
})
