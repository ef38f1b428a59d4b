import { readFileSync, statSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { delimiter, join } from 'node:path'
import type { ConnectionTarget } from './connection.ts'

/** The output of one `ssh -v -G`: the options, and on stderr the files that it read. */
export interface Said {
  options: Map<string, string[]>
  stderr: string
}

/** An answer that is valid for other hosts too, as long as the files that it depends on are unchanged. */
interface Answer {
  options: Map<string, string[]>
  files: Map<string, string>
  at: number
}

/** ms that an answer is reused: a new file (`~/.ssh/config`) is noticed soon. */
const keptFor = 10_000

const answers = new Map<string, Promise<Answer | undefined>>()

/**
 * The options of `ssh -G` for a target. If ssh's own output shows that the answer is the same for all hosts, ssh runs only once: one
 * process less per host.
 * @param words the arguments of ssh -G without the address
 * @throws what `ask` throws
 */
export const answerFor = async (
  target: ConnectionTarget,
  words: readonly string[],
  ask: () => Promise<Said>,
): Promise<Map<string, string[]>> => {
  const key = JSON.stringify([words, process.env.PATH, process.env.HOME, programStamp()])
  if (!isPlainName(target.address) || hasTokens(words)) return (await ask()).options
  const known = answers.get(key)
  // No await without an entry: of many concurrent calls only the first runs ssh.
  const answer = known && (await known)
  if (answer && isFresh(answer)) return forHost(answer.options, target.address)
  const asking = ask()
  // Later calls wait for it. That an answer is valid for one host only is cached too.
  if (!known || (answer && answers.get(key) === known)) {
    const made = asking.then(
      said => answerOf(said, target.address),
      () => undefined,
    )
    answers.set(key, made)
    setTimeout(() => answers.get(key) === made && answers.delete(key), keptFor).unref()
  }
  return (await asking).options
}

/** Identifies the ssh binary: another one may have other options. */
const programStamp = (): string => {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    try {
      const { ino, size, mtimeMs } = statSync(join(folder, 'ssh'))
      return `${ino} ${size} ${mtimeMs}`
    } catch {
      // Try the next folder.
    }
  return ''
}

const isFresh = ({ files, at }: Answer): boolean => Date.now() - at < keptFor && [...files].every(([file, text]) => textOf(file) === text)

/** Undefined when the answer may differ for another host. */
const answerOf = ({ options, stderr }: Said, address: string): Answer | undefined => {
  // It was verbose, so all files that it read are named.
  if (!/^DEBUG1?$/i.test(options.get('loglevel')?.[0] ?? '')) return undefined
  const files = new Map<string, string>()
  for (const [, file = ''] of stderr.matchAll(/^debug1: Reading configuration data (.*?)\r?$/gm)) {
    const text = textOf(file)
    if (text === undefined || dependsOnHost(text)) return undefined
    files.set(file, text)
  }
  return isOfAddress(options, address) ? { options, files, at: Date.now() } : undefined
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return undefined
  }
}

/** Pure: whether a configuration has a section for some hosts, or a token that expands differently per host. When in doubt, yes. */
export const dependsOnHost = (text: string): boolean =>
  text.split(/[\n\r]/).some(line => {
    const [, keyword = '', rest = ''] = /^[\s"]*([^\s="#]*)[\s"=]*(.*)$/s.exec(line) ?? []
    const word = keyword.toLowerCase()
    if (word === 'host') return !/^\*[\s"]*$/.test(rest)
    // A fixed name may happen to be that of the queried host.
    if (word === 'match' || word === 'hostname' || word.startsWith('canonical')) return true
    return word !== '' && word !== 'controlpath' && line.includes('%')
  })

/** Pure: whether the address occurs only where ssh echoes it, and there is no proxy. */
const isOfAddress = (options: Map<string, string[]>, address: string): boolean => {
  for (const [name, values] of options) {
    const isRepeated = name === 'host' || name === 'hostname'
    if (isRepeated ? values.join('\n') !== address : name !== 'controlpath' && values.some(value => value.includes(address))) return false
    if ((name === 'proxyjump' || name === 'proxycommand') && values.some(value => value.toLowerCase() !== 'none')) return false
  }
  return options.has('hostname')
}

const forHost = (options: Map<string, string[]>, address: string): Map<string, string[]> => {
  const own = new Map(options)
  own.set('hostname', [address])
  if (own.has('host')) own.set('host', [address])
  return own
}

/** An address or name that ssh does not change: no capital letters, no short form of an address, no user or port in it. */
const isPlainName = (address: string): boolean => isIPv4(address) || /^([a-z0-9-]+\.)*[a-z][a-z0-9-]*$/.test(address)

const hasTokens = (words: readonly string[]): boolean =>
  words.some(word => /^hostname=/i.test(word) || (word.includes('%') && !/^controlpath=/i.test(word)))
