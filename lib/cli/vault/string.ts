import { encryptString, type VaultPassword } from '../../config/vault.ts'
import { complain } from '../../report/output.ts'
import { UsageError } from '../options.ts'
import { askSecret } from '../run/prompt.ts'
import { readStdin } from './files.ts'

/** The options of `vault encrypt-string`. */
export interface StringOptions {
  name?: string[]
  stdinName?: string
  prompt?: boolean
}

interface NamedText {
  name?: string
  text: string
}

/** The texts as YAML to paste: `name: !vault |`. */
export const encryptStrings = (texts: readonly NamedText[], password: VaultPassword): string =>
  texts.map(({ name, text }) => encryptString(text, password, name)).join('')

/** The texts to encrypt: the arguments, and one from stdin or the terminal. Names are assigned to the texts in order. */
export const namedTexts = async (given: readonly string[], options: StringOptions): Promise<NamedText[]> => {
  const words = given.filter(word => word !== '-')
  const { stdinName } = options
  const names = [...(options.name ?? [])]
  for (const name of [...names, ...(stdinName === undefined ? [] : [stdinName])]) requireName(name)
  const texts = words.map(text => named(text, names.shift()))
  if (words.length < given.length || stdinName !== undefined || (words.length === 0 && !options.prompt && !process.stdin.isTTY))
    texts.push(named(textOfStdin(), stdinName ?? names.shift()))
  else if (words.length === 0 || options.prompt) texts.push(named(await askSecret('Text to encrypt: '), names.shift()))
  if (names.length > 0) throw new UsageError(`--name ${names[0]}: there is no text for it`)
  if (texts.some(({ text }) => text === '')) throw new UsageError('an empty text is not encrypted')
  return texts
}

const named = (text: string, name: string | undefined): NamedText => (name === undefined ? { text } : { name, text })

const requireName = (name: string): void => {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new UsageError(`'${name}' is not a variable name: use letters, digits and _`)
}

/** The exact bytes, as in ansible-vault: the newline that `echo` adds becomes part of the secret, which nobody would notice later. */
const textOfStdin = (): string => {
  const { text } = readStdin()
  if (text.endsWith('\n')) complain("the newline at the end is encrypted too; printf '%s' does not print one\n")
  return text
}
