import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licences of all packages that the build contains, in one text. Throws where one has none: then it may not be shipped. */
export const licencesOf = (root, inputs) => {
  const folders = inputs.flatMap(input => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? [])
  return [...new Set(folders)]
    .sort()
    .map(folder => licenceOf(root, folder))
    .join('\n')
}

const licenceOf = (root, folder) => {
  const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, folder)).find(file => /^licen[cs]e/i.test(file))
  if (file === undefined) throw new Error(`${name} ${version} has no licence file`)
  return `${name} ${version}\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`
}
