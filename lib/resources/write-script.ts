import { randomBytes } from 'node:crypto'
import { quote } from './quote.ts'

export interface Writing {
  content: string
  mode: number
  owner: string
  group: string
  /** A shell command that must accept the new content before it takes the old one's place; `$1` is its file. */
  validate?: string | undefined
  /** The file whose place this one takes later: that one is kept. */
  becomes?: string
}

/** Where what stood in the place of a file before the first run is kept. */
const backup = '/var/lib/nfsha-play/backup'

/**
 * Pure but for a name nobody can guess. Makes an empty file beside the target with its final owner and mode, fills and validates it, keeps what stood there
 * before the first time, syncs, renames: nobody ever sees half a file, nor a content that is not theirs to see. Few processes: what a shell does itself is left to it.
 * @param fill a command that prints the content
 */
export const writeScript = (
  path: string,
  { content, mode, owner, group, validate, becomes = path }: Writing,
  fill = contentOf(content),
): string => {
  const directory = path.slice(0, path.lastIndexOf('/')) || '/'
  const bits = mode.toString(8)
  const kept = `${backup}/${becomes.replaceAll('/', '%')}`
  return `set -eu
p=${quote(path)}; t="$p".nfsha-${randomBytes(6).toString('hex')}
[ -d ${quote(directory)} ] || mkdir -p ${quote(directory)}
umask ${creationMask(mode)}; set -C; : >"$t"; trap 'rm -f "$t"' EXIT; set +C; umask 022
set -- $(stat -c '%a %U:%G' "$t")
[ "$2" = ${quote(`${owner}:${group}`)} ] || chown ${quote(`${owner}:${group}`)} "$t"
[ "$1" = ${bits} ] || chmod 0${bits} "$t"
${fill} >>"$t"
${validate ? `set -- "$t"; ${validate}\n` : ''}[ -d ${backup} ] || (umask 077; mkdir -p ${backup})
n=${quote(kept)}; o=${becomes === path ? '$p' : quote(becomes)}
if [ -e "$n" ]; then :; elif [ -f "$o" ]; then cp -p "$o" "$n"; else : >"$n"; fi
sync "$t" 2>/dev/null || sync; mv -fT "$t" "$p"; trap - EXIT
`
}

/** printf is the shell's own, so this is no argument of a process that others could see. */
const contentOf = (content: string): string => `printf %s ${quote(content)}`

/**
 * Who may open the file as long as it has the owner and group that it was made with: nobody but root where not everybody may read it later, and
 * nobody else may write. One who opened it early would see what is written later.
 */
const creationMask = (mode: number): string => ((mode & 0o004) === 0 ? 0o077 : 0o022 | (0o777 & ~mode)).toString(8).padStart(4, '0')
