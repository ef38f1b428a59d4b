import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encryptStrings } from '../../../../lib/cli/vault/string.ts'
import { reveal } from '../../../../lib/config/value.ts'
import { variablesIn } from '../../../../lib/config/vars-files.ts'
import { keyring } from '../../../../lib/config/vault.ts'
import { parseYaml } from '../../../../lib/config/yaml.ts'

const password = { password: 'correct horse' }
const name = fc.stringMatching(/^v_\w{0,12}$/)
const named = fc.uniqueArray(fc.record({ name, text: fc.string({ unit: 'grapheme' }) }), { selector: ({ name }) => name, maxLength: 3 })

it('strings of any content survive a round trip through YAML', () => {
  fc.assert(
    fc.property(named, texts => {
      const pasted = encryptStrings(texts, password)
      const read = [...variablesIn(parseYaml({ file: 'x', text: pasted }))].map(([name, { value }]) => ({
        name,
        text: reveal(value, keyring([password])).value,
      }))
      expect(read).toEqual(texts)
    }),
    { numRuns: 15 },
  )
})
