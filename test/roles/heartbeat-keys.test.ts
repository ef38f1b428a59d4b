import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Keys } from '../../roles/heartbeat/keys.ts'
import { formatKeys, isOnly, parseKeys, rotation } from '../../roles/heartbeat/keys.ts'

const only = (number: number, key: string): Keys => ({ auth: number, keys: new Map([[number, key]]) })

test("the article's authkeys, comments and all", () => {
  const text = 'auth 1                    # which\n1 crc                       # no key\n#2 sha1 HI!\n#3 md5 Hello!\n'
  expect(parseKeys(text)).toEqual({ auth: 1, keys: new Map([[1, 'crc']]) })
})

const arbitraryKeys = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 15 }), fc.stringMatching(/^sha1 [a-z]{4}$/)), {
    minLength: 1,
    maxLength: 3,
    selector: ([n]) => n,
  })
  .map((pairs): Keys => ({ auth: pairs[0]?.[0] ?? 1, keys: new Map(pairs) }))

test('what is written is read back', () => {
  fc.assert(
    fc.property(arbitraryKeys, keys => {
      expect(parseKeys(formatKeys(keys))).toEqual(keys)
    }),
  )
})

/** Whether a packet that one node signs is accepted by the other. */
const hears = (listener: Keys, speaker: Keys) => listener.keys.get(speaker.auth) === speaker.keys.get(speaker.auth)

test('at every moment of a rotation both nodes hear each other, and in the end only the new key is left', () => {
  fc.assert(
    fc.property(arbitraryKeys, fc.stringMatching(/^sha1 [A-Z]{4}$/), (old, key) => {
      let now = [old, old]
      for (const step of rotation(now, key))
        for (const [node, file] of step.entries()) {
          now = now.map((keys, i) => (i === node ? file : keys))
          expect(hears(now[0] as Keys, now[1] as Keys) && hears(now[1] as Keys, now[0] as Keys)).toBe(true)
        }
      expect(now.every(keys => isOnly(keys, key))).toBe(true)
      expect(formatKeys(now[0] as Keys)).toBe(formatKeys(now[1] as Keys))
    }),
  )
})

test('a rotation that was cut off goes on with the number the new key already has', () => {
  const nodes = [
    { auth: 2, keys: new Map([[1, 'sha1 old'], [2, 'sha1 new']]) },
    { auth: 1, keys: new Map([[1, 'sha1 old'], [2, 'sha1 new']]) },
  ] // biome-ignore format: a table
  expect(rotation(nodes, 'sha1 new').at(-1)).toEqual([only(2, 'sha1 new'), only(2, 'sha1 new')])
})

test('the first key of two new nodes is number 1', () => {
  const none: Keys = { auth: 0, keys: new Map() }
  expect(rotation([none, none], 'sha1 new').at(-1)?.map(formatKeys)).toEqual(['auth 1\n1 sha1 new\n', 'auth 1\n1 sha1 new\n'])
})
