import type { Connection } from '../ssh/connection.ts'
import { failedScript } from './outcome.ts'
import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { absent, notRead, type ProbeOutput, present, type Reading } from './reading.ts'
import type { Apply, HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { type Piece, simple } from './source.ts'
import { type Change, differsBy, inSync, refused } from './verdict.ts'
import { type Writing, writeScript } from './write-script.ts'

export interface FileState {
  /** As stat(1) prints it: `regular file`, `directory`, `symbolic link` */
  kind: string
  mode: number
  owner: string
  group: string
  content: string
}

export interface FileOptions {
  content: string
  /** Default 0644. */
  mode?: number
  owner?: string
  group?: string
  notify?: string[]
  tags?: string[]
  /** Never show the content. */
  secret?: boolean
  shared?: boolean
  /** A shell command that must accept the new content before it replaces the old one; `$1` is the new file. */
  validate?: string
  /** Which readings a change invalidates; default `host`. */
  invalidates?: 'itself' | 'host' | 'cluster'
}

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

export const parseFile = ({ code, stdout, stderr }: Omit<ProbeOutput, 'at'>): Reading<FileState> => {
  if (code === 44) return absent
  const end = stdout.indexOf('\n')
  const [mode, owner, group, kind] = stdout.slice(0, end).split('|')
  if (end < 0 || !mode || !owner || !group || !kind) return notRead(stderr.trim() || `exit code ${code}`)
  return present({
    kind: kind.replace('regular empty file', 'regular file'),
    mode: Number.parseInt(mode, 8),
    owner,
    group,
    content: stdout.slice(end + 1),
  })
}

/** A file as part of a larger probe: each line is prefixed with a bar, so that no content can look like the frame around it. */
export const embedded = (name: string, path: string): Piece[] => [`@${name}\n`, { barred: { kind: 'file', path } }, '\n@end\n']

/** Pure: parses what `embedded` printed between its frames. */
export const parseEmbedded = (block = ''): Reading<FileState> => {
  const stdout = block.replace(/^\|/gm, '')
  return parseFile({ code: stdout === '' ? 44 : 0, stdout, stderr: '' })
}

/** The attributes that files and directories have in common. */
export const ownershipChanges = (actual: FileState | undefined, wanted: { mode: number; owner: string; group: string }): Change[] => {
  const changes: Change[] = []
  const from = (value: string | undefined) => value ?? ''
  const mode = actual && octal(actual.mode)
  if (mode !== octal(wanted.mode)) changes.push({ attribute: 'mode', from: from(mode), to: octal(wanted.mode) })
  if (actual?.owner !== wanted.owner) changes.push({ attribute: 'owner', from: from(actual?.owner), to: wanted.owner })
  if (actual?.group !== wanted.group) changes.push({ attribute: 'group', from: from(actual?.group), to: wanted.group })
  return changes
}

/** A regular file with exactly this content, mode and owner. The first file that it replaces is kept in /var/lib/nfsha-play/backup. */
export const file = (path: string, options: FileOptions): HostResource<FileState> => {
  const wanted = { mode: options.mode ?? 0o644, owner: options.owner ?? 'root', group: options.group ?? 'root' }
  const { notify, tags, shared } = options
  return {
    scope: 'host',
    id: `file ${path}`,
    ...(notify && { notify }),
    ...(tags && { tags }),
    ...(shared && { shared }),
    invalidates: options.invalidates ?? 'host',
    probe: probeOf([{ kind: 'file', path }], parseFile),
    compare(actual) {
      if (actual.kind === 'present' && actual.state.kind !== 'regular file')
        return refused(`${path} is a ${actual.state.kind}, not a regular file`)
      const state = actual.kind === 'present' ? actual.state : undefined
      const content: Change[] =
        state?.content === options.content
          ? []
          : [{ attribute: 'content', from: state?.content ?? '', to: options.content, diff: true, ...(options.secret && { secret: true }) }]
      return differsBy([...content, ...ownershipChanges(state, wanted)])
    },
    apply: written(path, () => ({ ...wanted, content: options.content, validate: options.validate })),
  }
}

/** Ensures that a file does not exist. Only for our own files: the content is not kept. */
export const removed = (path: string): HostResource<true> => ({
  scope: 'host',
  id: `no file ${path}`,
  invalidates: 'host',
  probe: probeOf([simple(`[ -e ${quote(path)} ]`)], ({ code }) => (code === 0 ? present(true) : absent)),
  compare: actual => (actual.kind === 'absent' ? inSync : differsBy([{ attribute: 'file', from: 'there', to: 'removed' }])),
  apply: scripted(() => ({ what: `removing ${path}`, sh: `rm -f ${quote(path)}` }), { kind: 'file', path }),
})

/** An apply that replaces a whole file. Content with a NUL byte cannot be part of a script. */
export const written = (path: string, writing: (changes: Change[]) => Writing, kind: 'file' | 'edit' = 'file'): Apply =>
  Object.assign<Apply, Pick<Apply, 'script' | 'place'>>((_$, changes, { connection }) => writeFile(connection, path, writing(changes)), {
    place: { kind, path },
    script(changes) {
      const file = writing(changes)
      return file.content.includes('\0') ? undefined : { what: `writing ${path}`, sh: writeScript(path, file) }
    },
  })

/** Replaces a whole file with `writeScript`. @throws ApplyFailed */
export const writeFile = async (connection: Connection, path: string, writing: Writing): Promise<void> => {
  // Content that a script cannot contain is sent on stdin.
  const script = writing.content.includes('\0')
    ? { sh: writeScript(path, writing, 'cat'), input: writing.content }
    : { sh: writeScript(path, writing) }
  const { sh, ...input } = script
  const result = await connection.run(sh, { ...input, timeout: 60_000 })
  if (result.code !== 0) throw failedScript(`writing ${path}`, result)
}
