import { normalize } from 'node:path/posix'
import * as z from 'zod'

export const ip = z.ipv4()
export const cidr = z.cidrv4()
/** A bare word: safe as a file name, in YAML, in the configuration files that we write. */
export const word = z.string().regex(/^[A-Za-z0-9][\w.-]*$/)

/** One spelling for each path: paths are compared with what the kernel shows, and stand in files where other characters need quoting. */
const pathProblem = (path: string): string | undefined => {
  if (!path.startsWith('/')) return 'must be an absolute path'
  if (!/^[\w./-]*$/.test(path)) return 'may have letters, digits and . _ - / only'
  const plain = normalize(path).replace(/(.)\/+$/, '$1')
  return plain === path ? undefined : `must be a plain path: ${plain}`
}

export const absolutePath = z.string().superRefine((path, context) => {
  const message = pathProblem(path)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** One disk of one node and what is on it, several with commas between: a word that holds for nothing else. */
export const diskWords = (id: string) => z.string().regex(new RegExp(`^[\\w.-]+:/[\\w./-]+:${id}(,[\\w.-]+:/[\\w./-]+:${id})*$`))
