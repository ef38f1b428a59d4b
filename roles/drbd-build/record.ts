import type { Part } from './parts.ts'
import { moduleFile } from './parts.ts'

/** What a build was made from, stored with it. */
export interface BuildRecord {
  sha256: string
  /** The arguments of configure and make. */
  arguments: string
  /** Of a module: modinfo(8) srcversion, a digest of its source. */
  srcversion?: string
  /**
   * Of a module: the linker's build id, in hex, as in /sys/module/drbd/notes/.note.gnu.build-id. Debian's own module and one built from the
   * same source have the same version and srcversion, but a different build id.
   */
  note?: string
}

export const argumentsOf = ({ configure, make }: Part): string => [...configure, ...make].join(' ')

const keys = ['sha256', 'arguments', 'srcversion', 'note'] as const

/** Pure. Undefined when a required field is missing. */
export const parseRecord = (text: string): BuildRecord | undefined => {
  const lines = new Map(text.split('\n').map(l => [l.split(' ', 1)[0] ?? '', l.slice(l.indexOf(' ') + 1)]))
  const [sha256, args, srcversion, note] = keys.map(key => lines.get(key))
  return sha256 && args !== undefined ? { sha256, arguments: args, ...(srcversion && { srcversion }), ...(note && { note }) } : undefined
}

/** What was found on a host for one part. */
export interface Found {
  record: BuildRecord | undefined
  /** Utilities: the programs are there. The other fields are for a module: the file that modprobe would load, and its srcversion. */
  programs?: boolean
  file?: string
  srcversion?: string
}

/** Pure: why a part must be built. Empty when it is up to date. */
export const partProblems = (part: Part, { record, programs, file, srcversion }: Found): string[] => {
  if (!record) return ['never built here']
  const wanted = argumentsOf(part)
  const built = [
    ...(record.sha256 === part.archive.sha256 ? [] : ['built from another archive']),
    ...(record.arguments === wanted ? [] : [`built with ${record.arguments}`]),
  ]
  if (part.kernel === undefined) return [...built, ...(programs ? [] : ['its programs are gone'])]
  // /lib is a link to /usr/lib on merged systems, and modinfo may name either
  if (file?.replace(/^\/usr/, '') !== moduleFile(part.kernel)) return [...built, `modprobe would load ${file || 'none'}`]
  return [...built, ...(srcversion === record.srcversion ? [] : ['the file is not the one that was built'])]
}
