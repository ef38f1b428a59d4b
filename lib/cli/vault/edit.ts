import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { wholeOf } from '../../config/error.ts'
import { reasonOf, shownPath } from '../../config/files.ts'
import { encrypt, openVault, type VaultPassword } from '../../config/vault.ts'
import { splitWords } from '../../config/words.ts'
import { complain } from '../../report/output.ts'
import { UsageError } from '../options.ts'
import { readable, readWhole, sealedText } from './files.ts'
import { replaceFile } from './replace-file.ts'

/** Opens a file in `$EDITOR` and encrypts the result with the password and vault id that it had. */
export const editFile = async (file: string, passwords: readonly VaultPassword[]): Promise<void> => {
  const source = readWhole(file)
  const { text, sealedWith } = openVault(sealedText(source), passwords, wholeOf(source))
  const edited = await inEditor(readable(text, source), basename(file))
  if (edited !== text) replaceFile(file, encrypt(edited, sealedWith))
  complain(`${shownPath(file)}: ${edited === text ? 'unchanged' : 'encrypted'}\n`)
}

/** The edited text. The plain text is in a private directory, which is removed however the editor or this process ends. */
const inEditor = async (text: string, name: string): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-vault-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  process.once('exit', remove)
  const file = join(directory, name)
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
    await runEditor(file)
    return readWhole(file).text
  } finally {
    remove()
    process.off('exit', remove)
  }
}

const runEditor = (file: string): Promise<void> => {
  const written = process.env.EDITOR || 'vi'
  const [program, ...words] = (splitWords(written, { comments: false }) ?? []).map(word => word.text)
  if (program === undefined) throw new UsageError(`EDITOR is not a command: ${written}`)
  return new Promise((resolve, reject) => {
    const editor = spawn(program, [...words, file], { stdio: 'inherit' })
    const end = (signal: NodeJS.Signals) => {
      editor.kill(signal)
      process.exit(128 + constants.signals[signal])
    }
    // Ctrl-C on the terminal is meant for the editor; this process receives it too.
    const ignore = () => {}
    const settle = (problem?: string) => {
      process.off('SIGINT', ignore).off('SIGTERM', end).off('SIGHUP', end)
      if (problem === undefined) resolve()
      else reject(new UsageError(`${written}: ${problem}\n  the file is unchanged`))
    }
    process.on('SIGINT', ignore).on('SIGTERM', end).on('SIGHUP', end)
    editor.on('error', error => settle(`it cannot be started: ${reasonOf(error)}`))
    editor.on('exit', (code, signal) => settle(code === 0 ? undefined : `it ended with ${code ?? signal}`))
  })
}
