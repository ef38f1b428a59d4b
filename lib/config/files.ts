import { readFileSync, statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { ConfigError, type Source, wholeOf } from './error.ts'

/** A file's text as a source, named as an operator would type it: relative when it lies below the current directory. */
export function readSource(path: string, cwd: string = process.cwd()): Source {
  const file = shownPath(path, cwd)
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(resolve(cwd, path))) }
  } catch (error) {
    throw new ConfigError(`cannot be read: ${reasonOf(error)}`, wholeOf({ file, text: '' }))
  }
}

/** The path relative to the current directory, or as given when it lies elsewhere. */
export function shownPath(path: string, cwd: string = process.cwd()): string {
  const short = relative(cwd, resolve(cwd, path))
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? path : short
}

export const kindOf = (path: string): 'file' | 'directory' | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isDirectory() ? 'directory' : stat ? 'file' : undefined
}

/** Why the system refused a file, in words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EPERM') return 'it belongs to somebody else'
  if (code === 'ENOTDIR') return 'a part of its path is no directory'
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : String((error as Error).message)
}
