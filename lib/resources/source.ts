import { quote } from './quote.ts'

/**
 * One thing of a host that a probe reads. Declared, so that the engine reads equal ones once and those of one kind by one command; `shellOf` is what reads it
 * alone. All of it only reads.
 */
export type Source =
  /** Mode, owner, group, kind, and the content of a regular file; code 44 where there is nothing. */
  | { kind: 'file'; path: string }
  /** The contents of files one after the other, links followed; nothing of one that is not there or cannot be read. A path may have `*` in it. */
  | { kind: 'text'; paths: string[] }
  /** Properties of a systemd unit as systemctl(1) shows them, `Name=value`. */
  | { kind: 'unit'; unit: string; properties: string[] }
  /** Debian's packages by dpkg-query(1): `name want status version`. */
  | { kind: 'packages'; names: string[] }
  /**
   * Anything else. `isSimple`: it needs no subshell, for it does not `exit` or `cd` and sets no option. Variables may stay behind: each script sets its own
   * before it reads them.
   */
  | { kind: 'shell'; sh: string; isSimple?: true }

/** A part of what a probe prints: a text as it is, what a source prints, or that with a bar before each line, so that nothing in it looks like a frame. */
export type Piece = string | Source | { barred: Source }

/** What reads one source alone. */
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

/** A path as a word of the shell, whose `*` still stands for what is there. */
export const pattern = (path: string): string =>
  path
    .split('*')
    .map(part => (part === '' ? '' : quote(part)))
    .join('*')

/** Pure: what identifies a source. */
export const keyOf = (source: Source): string => `${source.kind} ${shellOf(source)}`

/** The contents of these files. */
export const text = (...paths: string[]): Source => ({ kind: 'text', paths })

/** A source that needs no subshell. */
export const simple = (sh: string): Source => ({ kind: 'shell', sh, isSimple: true })

/** A source that may do in its shell what it likes. */
export const shell = (sh: string): Source => ({ kind: 'shell', sh })

export const isSource = (piece: Piece | undefined): piece is Source => typeof piece === 'object' && 'kind' in piece
