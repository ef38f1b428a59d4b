import { quote } from './quote.ts'
import { absent, present, skip } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, inSync, refused } from './verdict.ts'

interface LinkState {
  /** The link's target; undefined when the path exists but is not a link. */
  target: string | undefined
}

/** A symbolic link. An existing path that is not a link is never changed: it is skipped with `optional`, otherwise it is an error. */
export const link = (path: string, target: string, { optional = false }: { optional?: boolean } = {}): HostResource<LinkState> => {
  const p = quote(path)
  return {
    scope: 'host',
    id: `link ${path}`,
    // A path below it leads to other files from now on.
    invalidates: 'host',
    undo: [{ what: `link ${path}`, from: 'there', to: 'removed', isDue: `[ "$(readlink ${p})" = ${quote(target)} ]`, sh: `rm -f ${p}` }],
    probe: {
      sh: `[ -L ${p} ] && exec readlink ${p}; [ -e ${p} ] && exit 43; exit 44`,
      parse({ code, stdout }) {
        if (code === 44) return absent
        if (code === 43 && optional) return skip(`${path} is not a link created by nfsha-play and stays as it is`)
        return present({ target: code === 43 ? undefined : stdout.replace(/\n$/, '') })
      },
    },
    compare(actual) {
      if (actual.kind === 'absent') return differsBy([{ attribute: 'target', from: '', to: target }])
      const { target: now } = actual.state
      if (now === undefined)
        return refused(`${path} is not a link created by nfsha-play and is not changed. Remove whatever installed it, or move it away`)
      return now === target ? inSync : differsBy([{ attribute: 'target', from: now, to: target }])
    },
    apply: scripted(
      () => ({
        what: `creating the link ${path}`,
        sh: `set -eu; d=${quote(path.slice(0, path.lastIndexOf('/')) || '/')}; [ -d "$d" ] || mkdir -p "$d"; ln -sfn ${quote(target)} ${p}`,
      }),
      { kind: 'link', path },
    ),
  }
}
