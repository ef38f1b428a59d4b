import type { Probe } from '../../resources/reading.ts'
import type { Place } from '../../resources/resource.ts'
import { isSource, type Source } from '../../resources/source.ts'

/** Pure. Whether a probe may read something else after a change of this place. A probe that does not declare what it reads always may. */
export const mayRead = ({ reads }: Pick<Probe<unknown>, 'reads'>, { kind, path }: Place): boolean =>
  kind === 'link' ||
  reads === undefined ||
  reads.some(piece => typeof piece !== 'string' && isAffected(isSource(piece) ? piece : piece.barred, path))

const isAffected = (source: Source, path: string): boolean => {
  switch (source.kind) {
    case 'file':
      // Another path to it ends with the same name; directories on the way may have been created.
      return nameOf(source.path) === nameOf(path) || isIn(source.path, path) || isIn(path, source.path)
    case 'text':
      // The source follows links, so names prove nothing.
      return source.paths.some(one => !/^\/(proc|sys)\//.test(one))
    case 'unit':
      // Files that units are made of, and so whether systemd must reload: systemd.unit(5), systemd-sysv-generator(8),
      // systemd-fstab-generator(8).
      return /\/(systemd|init\.d|rc[^/]*)\/|\/(fstab|crypttab)$/.test(path)
    case 'packages':
      return path.startsWith('/var/lib/dpkg/')
    case 'shell':
      return true
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const isIn = (path: string, directory: string): boolean => path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
