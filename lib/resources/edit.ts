import type { FileState } from './file.ts'
import { parseFile, written } from './file.ts'
import { probeOf } from './probe.ts'
import { unknown } from './reading.ts'
import type { HostResource } from './resource.ts'
import { differsBy, inSync, refused } from './verdict.ts'

/**
 * A file that we share with others: `edit` is a pure function from the current to the desired text, and must not change foreign lines.
 * An absent file is edited as an empty one, unless a package provides it (`from`): then it is unknown until the package is installed.
 */
export const edited = (
  path: string,
  {
    what,
    edit,
    notify,
    mode = 0o644,
    from: bringer,
  }: { what: string; edit: (text: string) => string; notify?: string[]; mode?: number; from?: string },
): HostResource<FileState> => ({
  scope: 'host',
  id: `${what} in ${path}`,
  invalidates: 'host',
  edits: { path, edit },
  ...(notify && { notify }),
  probe: probeOf([{ kind: 'file', path }], output => {
    const reading = parseFile(output)
    return reading.kind === 'absent' && bringer !== undefined ? unknown(bringer) : reading
  }),
  compare(actual) {
    // A link is read as an empty file: writing it would lose the content of its target.
    if (actual.kind === 'present' && actual.state.kind !== 'regular file')
      return refused(`${path} is a ${actual.state.kind}, not a regular file`)
    const from = actual.kind === 'present' ? actual.state.content : ''
    const to = edit(from)
    return from === to ? inSync : differsBy([{ attribute: 'content', from, to, diff: true }])
  },
  apply: written(path, ([change]) => ({ content: change?.to ?? '', mode, owner: 'root', group: 'root' }), 'edit'),
})

/** One line in a file: replaces the matching lines, otherwise appends. */
export const lineInFile = (path: string, line: string, match: RegExp, mode = 0o644): HostResource<FileState> =>
  edited(path, { what: `line '${line}'`, edit: text => withLine(text, line, match), mode })

/** Pure: replaces the first matching line by `line`, removes further matches, and keeps all other lines. */
export const withLine = (text: string, line: string, match: RegExp): string => {
  const lines = text.split('\n')
  const at = lines.findIndex(l => match.test(l))
  if (at < 0) return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}\n`
  return lines.flatMap((l, i) => (i === at ? [line] : match.test(l) ? [] : [l])).join('\n')
}
