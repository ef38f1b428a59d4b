import fc from 'fast-check'

/** Text from a host or a file that a terminal would interpret, or not show. */
export const nastyPieces = [
  '\u001b]0;PWN\u0007',
  '\u001b[2J',
  '\u001b[31mred\u001b[0m',
  '\u001bP1$r\u001b\\',
  '\u0007',
  '\b\b',
  '\r',
  '\r\n',
  '\n',
  '\t',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u009b2J',
  '\u009d0;t\u009c',
  '\u061c',
  '\u200e\u200f',
  '\u202a\u202b\u202c\u202d\u202e',
  '\u2066\u2067\u2068\u2069',
  '\u200b\u200c\u200d\u2060',
  '\ufeff',
  '\u00ad',
  '\u2028\u2029',
  '\u00a0\u3000',
  '\u{e0001}\u{e0041}\u{e007f}',
  '\ufe0f',
  '\u3164',
  '\udcff',
  '\ud800',
  '\ufffe',
]

/** Text with such pieces among words. */
export const nasty = fc
  .array(
    fc.oneof(fc.constantFrom(...nastyPieces), fc.constantFrom('M1', 'disk', ' ', 'UpToDate', 'für', 'ベータ'), fc.string({ maxLength: 5 })),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map(pieces => pieces.join(''))

/** Ranges that must never be printed unescaped. Repeated here, so that the test does not share a mistake of the code. */
const ranges =
  `0-9 b-1f 7f-a0 ad 34f 61c 115f 1160 17b4 17b5 180b-180f 2000-200f 2028-202f 205f-206f 3000 3164 d800-dfff fe00-fe0f feff ffa0
fff0-fffb fffe ffff e0000-e0fff`
    .split(/\s+/)
    .map(range => range.replace(/\w+/g, hex => `\\u{${hex}}`))

export const unsafeShown = new RegExp(`[${ranges.join('')}]`, 'u')
