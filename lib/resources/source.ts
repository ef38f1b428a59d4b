import { quote } from './quote.ts'

/**
 * One thing that a probe reads on a host. Declared, so that the engine reads equal sources once and all sources of a kind with one command;
 * `shellOf` reads a single one. All sources are read-only.
 */
export type Source =
  /** Mode, owner, group, kind, and the content of a regular file; exit code 44 if it does not exist. */
  | { kind: 'file'; path: string }
  /** The concatenated contents of files, following links; missing or unreadable files are skipped. A path may contain `*`. */
  | { kind: 'text'; paths: string[] }
  /** Properties of a systemd unit as systemctl(1) shows them, `Name=value`. */
  | { kind: 'unit'; unit: string; properties: string[] }
  /** Debian's packages by dpkg-query(1): `name want status version`. */
  | { kind: 'packages'; names: string[] }
  /**
   * Anything else. `isSimple`: it needs no subshell, because it does not `exit` or `cd` and sets no options. It may leave variables behind:
   * each script sets its own before it reads them.
   */
  | { kind: 'shell'; sh: string; isSimple?: true }

/** Part of a probe's output: literal text, a source's output, or that with a bar before each line so that it cannot look like a frame. */
export type Piece = string | Source | { barred: Source }

/** Shell that reads one source. */
export const shellOf = (source: Source): string => {
  switch (source.kind) {
    case 'file': {
      const p = quote(source.path)
      return `if [ -e ${p} ] || [ -L ${p} ]; then stat -c '%a|%U|%G|%F' ${p}; [ -f ${p} ] && [ ! -L ${p} ] && cat ${p}; else exit 44; fi`
    }
    case 'text':
      return `for f in ${source.paths.map(pattern).join(' ')}; do [ ! -f "$f" ] || [ ! -r "$f" ] || cat "$f"; done`
    case 'unit':
      return `systemctl show ${source.properties.map(name => `-p ${name}`).join(' ')} ${source.unit}`
    case 'packages':
      return `dpkg-query -W -f '\${Package} \${db:Status-Want} \${db:Status-Status} \${Version}\\n' ${source.names.map(quote).join(' ')}`
    case 'shell':
      return source.sh
  }
}

/** A path as a shell word in which `*` is still expanded. */
export const pattern = (path: string): string =>
  path
    .split('*')
    .map(part => (part === '' ? '' : quote(part)))
    .join('*')

/** Pure: the identity of a source. */
export const keyOf = (source: Source): string => `${source.kind} ${shellOf(source)}`

/** The contents of these files. */
export const text = (...paths: string[]): Source => ({ kind: 'text', paths })

/** A source that needs no subshell. */
export const simple = (sh: string): Source => ({ kind: 'shell', sh, isSimple: true })

/** A source that runs in a subshell and may do anything in it. */
export const shell = (sh: string): Source => ({ kind: 'shell', sh })

export const isSource = (piece: Piece | undefined): piece is Source => typeof piece === 'object' && 'kind' in piece
