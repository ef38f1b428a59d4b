import type { HostAssertion } from '../../../lib/role-api/index.ts'
import { assertion, blocksOf, present, probeOf, quote, simple } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'

interface Place {
  /** The device mounted there; '' when there is none. */
  mounted: string
  /** The path with symbolic links resolved. */
  real: string
  kind: 'absent' | 'directory' | 'other'
  immutable: boolean
  /** The first few names in the directory. */
  files: string
  /** The mount point of the file system that contains it. */
  within: string
}

/** If the share is already mounted there, nothing else is read. */
const probeScript = ({ nfs_export_path: path, drbd_device: device }: Vars): string => {
  const p = quote(path)
  return `echo "@mounted"; l=; while read -r d m _; do [ "$m" = ${p} ] && l=$d; done < /proc/mounts; echo "$l"
[ "$l" = ${device} ] || {
echo "@real"; readlink -m ${p}
echo "@kind"; if [ -d ${p} ] && [ ! -L ${p} ]; then echo directory; elif [ -e ${p} ] || [ -L ${p} ]; then echo other; else echo absent; fi
echo "@attributes"; lsattr -d ${p} 2>/dev/null
echo "@files"; ls -A ${p} 2>/dev/null | head -n 3
echo "@within"; a=${p}; [ -z "$l" ] || a=\${a%/*}; while [ -n "$a" ] && [ ! -e "$a" ]; do a=\${a%/*}; done; df -P "\${a:-/}"
}`
}

/** Pure. */
export const parsePlace = (stdout: string): Place => {
  const blocks = blocksOf(stdout)
  const block = (name: string) => (blocks[name] ?? '').trim()
  return {
    mounted: block('mounted'),
    real: block('real'),
    kind: block('kind') as Place['kind'],
    immutable: /^\S*i\S* /.test(block('attributes')),
    files: block('files').split('\n').join(' '),
    // The last line of df(1).
    within: block('within').split('\n').at(-1)?.replace(/.*% /, '') ?? '',
  }
}

/**
 * Pure: why the share cannot be mounted there. A directory that a run has made immutable was checked then, and nothing can have been
 * written to it since.
 */
export const placeProblems = (place: Place, { nfs_export_path: path, drbd_device: device }: Vars): string[] => {
  if (place.mounted === device) return []
  if (place.mounted !== '') return [`nfs_export_path: ${place.mounted} is mounted on ${path} instead of ${device}`]
  if (place.real !== path) return [`nfs_export_path: ${path} leads through a symbolic link to ${place.real}: use that path`]
  if (place.kind === 'other') return [`nfs_export_path: ${path} is not a directory`]
  if (place.immutable) return []
  return [
    ...(place.files !== ''
      ? [`nfs_export_path: ${path} is not empty (${place.files}...): the share would hide its content. Move it away, or name another path`]
      : []),
    ...(place.within !== '/' && place.within !== ''
      ? [`nfs_export_path: ${path} is below ${place.within}, which is itself a mount point: without that mount nothing could be served`]
      : []),
  ]
}

/** The mount point of the share on this node, checked before anything is written. Check only. */
export const mountPlace = (vars: Vars): HostAssertion<Place> => ({
  ...assertion(`place of ${vars.nfs_export_path}`, {
    probe: probeOf([simple(probeScript(vars))], ({ stdout }) => present(parsePlace(stdout))),
    problems: place => placeProblems(place, vars),
  }),
  shared: true,
  dependsOn: [],
})
