import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './ssh/sshd.ts'

/** Secrets for a test, and the search for them, for parts of them and for their encodings. */
export interface Markers<Name extends string> {
  values: Record<Name, string>
  /** The names of the secrets that a text contains. */
  found(text: string): Name[]
  /** Whether a file contains a secret; false for directories and disk images. */
  isIn(file: string): boolean
  /** The files below folders that contain a secret. */
  filesWith(...folders: string[]): string[]
  /** Starts a program that checks every process each 50 ms; returns what it found. */
  watchProcesses(): Promise<{ seen(): string; end(): void }>
}

/** A match of nine characters of the random part is not a coincidence. */
const piece = 9
/** Bytes: a larger file is not a log of a test. */
const largest = 20_000_000

/** Creates a marker for each name: three letters that identify it, and 18 random ones. */
export const plantMarkers = <Name extends string>(prefixes: Record<Name, string>): Markers<Name> => {
  const names = Object.keys(prefixes) as Name[]
  const values = Object.fromEntries(names.map(name => [name, `${prefixes[name]}_${randomBytes(9).toString('hex')}`])) as Record<
    Name,
    string
  >
  const signs = names.flatMap(name => {
    const value = values[name]
    const random = value.slice(value.indexOf('_') + 1)
    const pieces = Array.from({ length: random.length - piece + 1 }, (_, i) => random.slice(i, i + piece))
    const encoded = [Buffer.from(value).toString('base64').slice(0, 20), Buffer.from(value).toString('hex').slice(0, 20)]
    return [value, ...pieces, ...encoded].map(sign => ({ name, sign }))
  })
  const found = (text: string) => [...new Set(signs.filter(({ sign }) => text.includes(sign)).map(({ name }) => name))]
  const isIn = (file: string) => {
    const stat = statSync(file, { throwIfNoEntry: false })
    return stat?.isFile() === true && stat.size < largest && found(readFileSync(file, 'latin1')).length > 0
  }
  return {
    values,
    found,
    isIn,
    filesWith: (...folders) =>
      folders
        .filter(folder => existsSync(folder))
        .flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)))
        .filter(isIn),
    async watchProcesses() {
      const watch = fileURLToPath(new URL('process-watch.ts', import.meta.url))
      const child = spawn(process.execPath, ['--import', 'tsx', watch], { stdio: ['pipe', 'pipe', 'inherit'] })
      let said = ''
      child.stdout.on('data', text => {
        said += text
      })
      child.stdin.write(`${JSON.stringify(Object.values(values))}\n`)
      await until(() => said.startsWith('ready\n'), 'the watch of processes', 60_000)
      return { seen: () => said.replace('ready\n', ''), end: () => child.kill() }
    },
  }
}

/** Passes input to a program and waits for it to end; resolves with its exit code and all its output. */
export const printedBy = async (
  child: ChildProcessWithoutNullStreams,
  input?: string,
): Promise<{ code: number | null; output: string }> => {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', text => {
      output += text
    })
  child.stdin.end(input)
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, output }
}
