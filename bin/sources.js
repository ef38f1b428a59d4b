import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that the build is made from. Other files (scripts, templates, playbooks) are read in place. */
const folders = ['lib', 'roles']
const files = ['package-lock.json', 'lib/build/build.js']

/** npm never packs package-lock.json: where it exists, the sources may change after the build. */
export const isClone = root => existsSync(join(root, 'package-lock.json'))

/** One line for each source: path, size, time of its last change (ms). Any edit changes it, even restoring an older file. */
export const sourcesOf = root => {
  const found = folders.flatMap(folder => typescriptIn(root, folder))
  return [...files.filter(file => existsSync(join(root, file))), ...found].map(file => lineOf(root, file)).join('')
}

const typescriptIn = (root, folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return typescriptIn(root, path)
      return path.endsWith('.ts') ? [path] : []
    })

const lineOf = (root, file) => {
  const { size, mtimeMs } = statSync(join(root, file))
  return `${file} ${size} ${mtimeMs}\n`
}

/** Whether dist/ was built from the current sources. */
export const isCurrent = root => {
  const stamp = join(root, 'dist', 'sources')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesOf(root)
}
