import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { sealingPassword, vaultIdSource, vaultPasswords } from '../../../../lib/cli/vault/passwords.ts'
import { failure, workspace } from '../../config/workspace.ts'

test.each([
  ['dev@file', { id: 'dev', file: 'file' }],
  ['file', { file: 'file' }],
  ['dev@prompt', { id: 'dev' }],
  ['prompt', {}],
  ['dev@a@b', { id: 'dev', file: 'a@b' }],
])('--vault-id %s', (written, source) => {
  expect(vaultIdSource(written)).toEqual(source)
})

test.each(['dev@', '', '@file', 'a;b@file', 'a b@file'])('--vault-id %j is refused', written => {
  expect(failure(() => vaultIdSource(written))).toContain('--vault-id')
})

it('splits a vault id at the first @, whatever the name of the file', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w.-]+$/), fc.string({ minLength: 1 }), (id, file) => {
      fc.pre(file !== 'prompt')
      expect(vaultIdSource(`${id}@${file}`)).toEqual({ id, file })
    }),
  )
})

describe('vault passwords', () => {
  const cwd = () => workspace({ one: ' first \n', two: 'second' })

  it('are in the order of Ansible: ids, files, the typed one', async () => {
    const at = cwd()
    const options = { vaultPasswordFile: [`${at}/one`], vaultId: [`dev@${at}/two`, 'ops@prompt'], askVaultPass: true }
    const answer = async (question: string) => `answer to ${question}`
    expect(await vaultPasswords(options, answer)).toEqual([
      { id: 'dev', password: 'second' },
      { id: 'ops', password: 'answer to Vault password (ops): ' },
      { password: 'first' },
      { password: 'answer to Vault password: ' },
    ])
  })

  it('for encryption are exactly one', async () => {
    const at = cwd()
    expect(await sealingPassword({ vaultPasswordFile: [`${at}/one`] })).toEqual({ password: 'first' })
    await expect(sealingPassword({ vaultPasswordFile: [`${at}/one`, `${at}/two`] })).rejects.toThrow(
      'encrypting needs exactly one vault password',
    )
  })
})
