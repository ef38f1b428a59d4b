import type { Command } from 'commander'
import { printExact } from '../../report/output.ts'
import type { PlayArguments } from '../options.ts'
import { collect } from '../play-options.ts'
import type { StringOptions } from '../vault/string.ts'
import { accepting, vaultOptions } from './accepting.ts'

const passwords = () => import('../vault/passwords.ts')
const files = () => import('../vault/files.ts')

/** `nfsha-play vault ...`: does what ansible-vault does, to the same files. */
export const define = (command: Command): void => {
  const vault = accepting(command, vaultOptions)
  vault
    .description('encrypt files and values, compatible with ansible-vault')
    .addHelpText('after', '\nPassword: --vault-password-file <file>, --vault-id <label@file>, or -J to be asked (the default).')
  const given = () => vault.optsWithGlobals<PlayArguments>()
  vault
    .command('encrypt [file...]')
    .description('encrypt files in place, or stdin to stdout')
    .action(async (names: string[]) => {
      const { convertFiles, encrypting } = await files()
      convertFiles(names, encrypting(await (await passwords()).sealingPassword(given())), 'encrypted')
    })
  vault
    .command('decrypt [file...]')
    .description('decrypt files in place, or stdin to stdout')
    .action(async (names: string[]) => {
      const { convertFiles, decrypting } = await files()
      convertFiles(names, decrypting(await (await passwords()).openingPasswords(given())), 'decrypted')
    })
  vault
    .command('view <file...>')
    .description('print the decrypted content of files')
    .action(async (names: string[]) => (await files()).viewFiles(names, await (await passwords()).openingPasswords(given())))
  vault
    .command('edit <file>')
    .description('edit an encrypted file in $EDITOR (vi)')
    .action(async (name: string) => {
      const { editFile } = await import('../vault/edit.ts')
      await editFile(name, await (await passwords()).openingPasswords(given()))
    })
  vault
    .command('rekey <file...>')
    .description('change the password of files')
    .option('--new-vault-password-file <file>', 'file with the new password; default: ask for it')
    .option('--new-vault-id <label@file>', 'the same, with a vault id')
    .action(async (names: string[], next: { newVaultPasswordFile?: string; newVaultId?: string }) => {
      const { convertFiles, rekeying } = await files()
      const { openingPasswords, sealingPassword } = await passwords()
      const old = await openingPasswords(given())
      convertFiles(names, rekeying(old, await sealingPassword(newOptions(next))), 'has a new password')
    })
  vault
    .command('encrypt-string [text...]')
    .alias('encrypt_string')
    .description('encrypt texts and print them as YAML; without texts, read stdin or ask for one')
    .option('-n, --name <name>', 'name of the variable, one for each text', collect)
    .option('--stdin-name <name>', 'name of the variable whose value is read from stdin')
    .option('-p, --prompt', 'ask for the text')
    .action(async (texts: string[], options: StringOptions) => {
      const { encryptStrings, namedTexts } = await import('../vault/string.ts')
      const password = await (await passwords()).sealingPassword(given())
      printExact(encryptStrings(await namedTexts(texts, options), password))
    })
}

const newOptions = ({ newVaultPasswordFile: file, newVaultId: id }: { newVaultPasswordFile?: string; newVaultId?: string }) => ({
  ...(file === undefined ? {} : { vaultPasswordFile: [file] }),
  ...(id === undefined ? {} : { vaultId: [id] }),
})
