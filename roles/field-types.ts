import { normalize } from 'node:path/posix'
import * as z from 'zod'

export const ip = z.ipv4()
export const cidr = z.cidrv4()
/** A bare word: safe as a file name, in YAML and in generated configuration files. */
export const word = z.string().regex(/^[A-Za-z0-9][\w.-]*$/)

/**
 * Each path must have its canonical spelling, because paths are compared with the kernel's, and only characters that need no quoting in
 * configuration files.
 */
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

/** Comma-separated confirmations `NODE:DISK:ID`. Each is valid only for that disk of that node with that content. */
export const diskWords = (id: string) => z.string().regex(new RegExp(`^[\\w.-]+:/[\\w./-]+:${id}(,[\\w.-]+:/[\\w./-]+:${id})*$`))
