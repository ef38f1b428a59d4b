import { readFileSync, statSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { delimiter, join } from 'node:path'
import type { ConnectionTarget } from './connection.ts'

/** What one `ssh -v -G` said: its options, and on stderr which files it read. */
export interface Said {
  options: Map<string, string[]>
  stderr: string
}

/** An answer that holds for other hosts too, as long as the files that it was made of are the same. */
interface Answer {
  options: Map<string, string[]>
  files: Map<string, string>
  at: number
}

/** ms that an answer is used: a file that appears meanwhile (`~/.ssh/config`) is seen soon. */
const keptFor = 10_000

const answers = new Map<string, Promise<Answer | undefined>>()

/**
 * What ssh says for a target. It is asked once for all hosts where its own words show that the answer is the same for each of them: a process less per host.
 * @param words the arguments of ssh -G but the address
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
  // Without one there is no pause: of many that come at once the first alone asks.
  const answer = known && (await known)
  if (answer && isFresh(answer)) return forHost(answer.options, target.address)
  const asking = ask()
  // Those who come meanwhile wait for it. That the answer is good for one host alone is kept too.
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

/** Which ssh it is: another one may have other options. */
const programStamp = (): string => {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    try {
      const { ino, size, mtimeMs } = statSync(join(folder, 'ssh'))
      return `${ino} ${size} ${mtimeMs}`
    } catch {
      // In the next one.
    }
  return ''
}

const isFresh = ({ files, at }: Answer): boolean => Date.now() - at < keptFor && [...files].every(([file, text]) => textOf(file) === text)

/** Undefined when it may be another one for another host. */
const answerOf = ({ options, stderr }: Said, address: string): Answer | undefined => {
  // It was verbose, so that all files that it read are named.
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

/** Whether a configuration has a part that is for some hosts, or a token that becomes another text for another host. Rather yes than no. Pure. */
export const dependsOnHost = (text: string): boolean =>
  text.split(/[\n\r]/).some(line => {
    const [, keyword = '', rest = ''] = /^[\s"]*([^\s="#]*)[\s"=]*(.*)$/s.exec(line) ?? []
    const word = keyword.toLowerCase()
    if (word === 'host') return !/^\*[\s"]*$/.test(rest)
    // A name that is given may be just that of the host that is asked about.
    if (word === 'match' || word === 'hostname' || word.startsWith('canonical')) return true
    return word !== '' && word !== 'controlpath' && line.includes('%')
  })

/** The address stands in the answer where ssh repeats it, and nowhere else; the way leads straight there. Pure. */
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

/** An address or a name that ssh leaves as it is: no capital letters, no short form of an address, no user or port in it. */
const isPlainName = (address: string): boolean => isIPv4(address) || /^([a-z0-9-]+\.)*[a-z][a-z0-9-]*$/.test(address)

const hasTokens = (words: readonly string[]): boolean =>
  words.some(word => /^hostname=/i.test(word) || (word.includes('%') && !/^controlpath=/i.test(word)))
