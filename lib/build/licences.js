import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licences of all packages in the build, in one text. Throws if a package has none, because it must not be shipped then. */
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
