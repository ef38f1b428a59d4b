import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The file-like resources of the measured play: a directory, files, lines in files, links. Every contender creates the same ones. */
export interface Tasks {
  /** Per host: `count` = 1 directory + files + lines + links. */
  count: number
  files: number
  lines: number
  links: number
}

/** Pure. */
export const tasksOf = (count: number): Tasks => {
  const lines = Math.floor((count - 1) / 6)
  return { count, files: count - 1 - 2 * lines, lines, links: lines }
}

export const contentOf = (file: number): string => `content of ${file}\n`

/** Throws if a host's folder is not as the play creates it: the figure of a run that did something else is invalid. */
export const verifyTasks = (folder: string, { files, lines, links }: Tasks): void => {
  const wrong: string[] = []
  const look = (path: string, wanted: string, read: (path: string) => string) => {
    try {
      if (read(join(folder, path)) !== wanted) wrong.push(path)
    } catch {
      wrong.push(path)
    }
  }
  const text = (path: string) => readFileSync(path, 'utf8')
  for (let i = 0; i < files; i++) look(`file-${i}`, contentOf(i), text)
  for (let i = 0; i < lines; i++) look(`lines-${i}`, 'b 2\n', text)
  for (let i = 0; i < links; i++) look(`link-${i}`, `file-${i}`, readlinkSync)
  if (wrong.length > 0) throw new Error(`${folder}: not as the play wants it: ${wrong.slice(0, 3).join(', ')}`)
}

/** Simulates a change by hand. */
export const spoilOne = (folder: string): void => writeFileSync(join(folder, 'file-7'), 'changed by hand\n')

export const removeAll = (folder: string): void => rmSync(folder, { recursive: true, force: true })
