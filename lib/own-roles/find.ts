import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { kindOf } from '../config/files.ts'

/** Whether a name is valid for a role. Role names are also directory names, tags and prefixes of variables. */
export const isRoleName = (name: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)

/** The directories to search for user-defined roles, without that of the package. */
export const roleFolders = (folders: readonly string[], packageRoot: string): string[] => {
  const ours = join(realpathSync(packageRoot), 'roles')
  const real = folders.filter(folder => kindOf(folder) === 'directory').map(folder => realpathSync(folder))
  return [...new Set(real)].filter(folder => folder !== ours)
}

/** Every role in these folders, by name: `NAME/role.ts`. Several files with one name are an error when the role is played. */
export const ownRoleFiles = (folders: readonly string[]): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  for (const folder of folders)
    for (const name of readdirSync(folder).sort()) {
      const file = join(folder, name, 'role.ts')
      if (isRoleName(name) && existsSync(file)) found.set(name, [...(found.get(name) ?? []), file])
    }
  return found
}
