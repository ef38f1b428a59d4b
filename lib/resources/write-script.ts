import { randomBytes } from 'node:crypto'
import { quote } from './quote.ts'

export interface Writing {
  content: string
  mode: number
  owner: string
  group: string
  /** A shell command that must accept the new content before it replaces the old one; `$1` is the new file. */
  validate?: string | undefined
  /** The file that this one replaces later: the backup is made of that file. */
  becomes?: string
}

/** Directory of the backups: the content of each file before the first run. */
const backup = '/var/lib/nfsha-play/backup'

/**
 * Pure except for a random name. Creates an empty file beside the target with its final owner and mode, fills and validates it, backs up
 * the original once, syncs, renames. Nobody ever sees a partial file, or content without permission to read it. It uses shell builtins
 * where possible, to start few processes.
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

/** printf is a shell builtin, so the content is not visible as a process argument. */
const contentOf = (content: string): string => `printf %s ${quote(content)}`

/**
 * The umask for creating the file, before its owner and group are set. Only root may open it unless the final mode is world-readable, and
 * nobody else may write: a process that opened the file early could read what is written later.
 */
const creationMask = (mode: number): string => ((mode & 0o004) === 0 ? 0o077 : 0o022 | (0o777 & ~mode)).toString(8).padStart(4, '0')
