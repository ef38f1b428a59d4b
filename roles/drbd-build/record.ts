import type { Part } from './parts.ts'
import { moduleFile } from './parts.ts'

/** What a build was made from, kept beside it. */
export interface BuildRecord {
  sha256: string
  /** The arguments of configure and make. */
  arguments: string
  /** Of a module: modinfo(8) srcversion, a digest of its source. */
  srcversion?: string
  /**
   * Of a module: the linker's build id, in hex, as it stands in /sys/module/drbd/notes/.note.gnu.build-id. Debian's own module and one that is
   * built from the same source have one version and one srcversion; this differs.
   */
  note?: string
}

export const argumentsOf = ({ configure, make }: Part): string => [...configure, ...make].join(' ')

const keys = ['sha256', 'arguments', 'srcversion', 'note'] as const

/** Pure. A record that lacks what every one has is none. */
export const parseRecord = (text: string): BuildRecord | undefined => {
  const lines = new Map(text.split('\n').map(l => [l.split(' ', 1)[0] ?? '', l.slice(l.indexOf(' ') + 1)]))
  const [sha256, args, srcversion, note] = keys.map(key => lines.get(key))
  return sha256 && args !== undefined ? { sha256, arguments: args, ...(srcversion && { srcversion }), ...(note && { note }) } : undefined
}

/** What was found of one part on a host. */
export interface Found {
  record: BuildRecord | undefined
  /** The programs are there; of a module, what modprobe would load. */
  programs?: boolean
  file?: string
  srcversion?: string
}

/** Pure: why a part must be built. Empty when it is as wanted. */
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
