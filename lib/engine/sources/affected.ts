import type { Place, Probe } from '../../resources/resource.ts'
import { isSource, type Source } from '../../resources/source.ts'

/** Pure. Whether what a probe reads may be different once this place was changed. What is not declared may be anything. */
export const mayRead = ({ reads }: Pick<Probe<unknown>, 'reads'>, { kind, path }: Place): boolean =>
  kind === 'link' ||
  reads === undefined ||
  reads.some(piece => typeof piece !== 'string' && isAffected(isSource(piece) ? piece : piece.barred, path))

const isAffected = (source: Source, path: string): boolean => {
  switch (source.kind) {
    case 'file':
      // Another path to it has the same name at its end; directories on the way may have been made.
      return nameOf(source.path) === nameOf(path) || isIn(source.path, path) || isIn(path, source.path)
    case 'text':
      // It follows links, so the name says nothing.
      return source.paths.some(one => !/^\/(proc|sys)\//.test(one))
    case 'unit':
      // systemd.unit(5), systemd-sysv-generator(8), systemd-fstab-generator(8): what a unit is made of, and whether it was read since.
      return /\/(systemd|init\.d|rc[^/]*)\/|\/(fstab|crypttab)$/.test(path)
    case 'packages':
      return path.startsWith('/var/lib/dpkg/')
    case 'shell':
      return true
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const isIn = (path: string, directory: string): boolean => path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
