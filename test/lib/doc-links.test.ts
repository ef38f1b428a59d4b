import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../lib/text/packaged.ts'

// A moved page or a renamed heading leaves no dead link behind.

const pages = ['.', 'docs'].flatMap(folder =>
  readdirSync(join(packageRoot, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(packageRoot, folder, name)),
)
const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '')

/** The anchor that GitHub makes of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
const anchorsOf = (page: string) =>
  [...withoutCode(readFileSync(page, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

const deadLinks = (page: string): string[] =>
  [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
    .filter(target => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    })

test.each(pages)('%s has no dead link', page => expect(deadLinks(page)).toEqual([]))
