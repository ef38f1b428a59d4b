import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { ConfigError, type Source, wholeOf } from './error.ts'

/** Bytes. An inventory of 200,000 hosts with ten variables each is smaller. */
const largest = 64 * 1024 * 1024

export interface ReadSourceOptions {
  /** Treats comment lines (`#`, `;`) that are not UTF-8 as empty, as Ansible does in INI files. */
  anyComments?: boolean
}

/** The text of a file as a source. Its name is what an operator would type: relative when it is below the current directory. */
export const readSource = (path: string, cwd: string = process.cwd(), { anyComments = false }: ReadSourceOptions = {}): Source => {
  const file = shownPath(path, cwd)
  const bytes = readBytes(resolve(cwd, path), file)
  const valid = anyComments && !isUtf8(bytes) ? withoutForeignComments(bytes) : bytes
  if (!isUtf8(valid)) throw notText(valid, file)
  return { file, text: new TextDecoder('utf-8').decode(valid) }
}

/**
 * The bytes of a regular file, or of a pipe that this process inherited (`<(command)`, /dev/stdin). Refuses devices, named pipes and files
 * of more than 64 MiB, because reading them might never end. Throws `ConfigError`.
 */
export const readBytes = (path: string, file: string): Buffer => {
  try {
    const descriptor = openSync(path, isInherited(path) ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      refuseType(fstatSync(descriptor), isInherited(path))
      return contentOf(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new ConfigError(`cannot be read: ${reasonOf(error)}`, wholeOf({ file, text: '' }))
  }
}

/** The content of an open file, up to the limit. Throws an error with the reason. */
export const contentOf = (descriptor: number): Buffer => {
  const parts: Buffer[] = []
  let total = 0
  for (;;) {
    const part = Buffer.allocUnsafe(Math.max(64 * 1024, Math.min(total, 4 * 1024 * 1024)))
    const count = readSync(descriptor, part, 0, part.length, null)
    if (count === 0) return Buffer.concat(parts)
    total += count
    if (total > largest) throw new Error(`it is larger than ${largest / 1024 / 1024} MiB`)
    parts.push(part.subarray(0, count))
  }
}

/** A pipe from a shell's `<(...)` or stdin: it has a writer already, so it ends when that program does. */
const isInherited = (path: string) => /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/.test(path)

const refuseType = (stat: Stats, inherited: boolean): void => {
  if (stat.isFIFO() && !inherited) throw new Error('it is a named pipe')
  if (stat.isCharacterDevice() || stat.isBlockDevice()) throw new Error('it is a device')
  if (stat.isFile() && stat.size > largest) throw new Error(`it is larger than ${largest / 1024 / 1024} MiB`)
}

const withoutForeignComments = (bytes: Buffer): Buffer => {
  const lines = bytes.toString('latin1').split('\n')
  return Buffer.from(lines.map(line => (/^[#;]/.test(line) && !isUtf8(Buffer.from(line, 'latin1')) ? '' : line)).join('\n'), 'latin1')
}

/** The error for the place of the first byte that is not UTF-8. Its line is not shown, since its content is unknown. */
export const notText = (bytes: Buffer, file: string, hint = 'iconv converts it: iconv -f latin1 -t utf-8'): ConfigError => {
  let start = 0
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start)
    const content = bytes.subarray(start, end < 0 ? bytes.length : end)
    if (!isUtf8(content)) {
      const offset = firstInvalid(content)
      const column = content.subarray(0, offset).toString('utf8').length + 1
      const byte = (content[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0')
      const place = { source: { file, text: '', secret: true }, line, column }
      return new ConfigError(`this is not UTF-8 text (byte 0x${byte})`, place, hint)
    }
    start = end + 1
  }
}

const firstInvalid = (bytes: Buffer): number => {
  let at = 0
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (!isUtf8(bytes.subarray(at, at + length))) return at
    at += length
  }
  return at
}

/** The path relative to the current directory, or as given when it is elsewhere. */
export const shownPath = (path: string, cwd: string = process.cwd()): string => {
  const short = relative(cwd, resolve(cwd, path))
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? path : short
}

/** What a path refers to; undefined when nothing is there. Throws `ConfigError` when that cannot be determined. */
export const kindOf = (path: string): 'file' | 'directory' | undefined => {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isDirectory() ? 'directory' : stat ? 'file' : undefined
  } catch (error) {
    if (noSuch.includes(String((error as NodeJS.ErrnoException).code))) return undefined
    throw new ConfigError(`cannot be read: ${reasonOf(error)}`, wholeOf({ file: shownPath(path), text: '' }))
  }
}

/** A path through a file, one that is too long and one with a zero byte refer to nothing. */
const noSuch = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']

const reasons: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
  ['EPERM', 'it belongs to another user'],
  ['ENOTDIR', 'a part of its path is not a directory'],
  ['ELOOP', 'its symbolic links lead in a circle'],
  ['ENXIO', 'it is a socket or a device'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ENOSPC', 'no space is left on the device'],
  ['EDQUOT', 'the quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many files are open'],
  ['EIO', 'the device fails'],
])

/** Why the system refused a file, in words. */
export const reasonOf = (error: unknown): string => reasons.get((error as NodeJS.ErrnoException).code) ?? String((error as Error).message)
