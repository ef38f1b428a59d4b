import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { failedScript, quote } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { removePackages } from './packages.ts'
import { backup, type FileFate, home, type NamedInstalled, undosOf } from './state.ts'
import { endHelpers, servingFunctions } from './stop.ts'

/** Shell that removes or restores a file. A directory of ours is removed with its last file. */
const taken = ({ path, fate }: FileFate): string => {
  const [file, note] = [quote(path), quote(`${backup}/${path.replaceAll('/', '%')}`)]
  const before = quote(`${path}.nfsha-before`)
  const directory = path.slice(0, path.lastIndexOf('/'))
  const change = {
    removed: `rm -f ${file} || exit 1`,
    'put back': `cp -p ${note} ${before} || exit 1\nmv ${before} ${file} || exit 1`,
    left: ':',
  }[fate]
  const rest = /nfsha|\.service\.d$/.test(directory) ? `\nrmdir ${quote(directory)} 2>/dev/null` : ''
  return `${change}${rest}\nrm -f ${note}`
}

/**
 * Removes everything, the backup records last: an interrupted removal continues from those that are left. Everything that is removed or
 * replaced is archived first. Only root can read the archive, which contains the cluster's keys.
 */
export const removeScript = (files: FileFate[], packages: string[], site: Role[], own: Context): string => `LC_ALL=C; export LC_ALL
${servingFunctions(own.vars)}
if serving || attached; then echo "the node has the service, or DRBD uses its disk" >&2; exit 1; fi
${endHelpers} || exit 1
umask 077; mkdir -p /var/backups
archive=/var/backups/nfsha-play-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
{ for p in ${files.map(f => quote(f.path.slice(1))).join(' ')}; do [ ! -e "/$p" ] || echo "$p"; done
for p in ${home}/*; do case $p in */jobs | */archives | */builds | */view.*) ;; *) echo "\${p#/}" ;; esac; done; } | tar -C / -czf "$archive" -T - || exit 1
umask 022
${undosOf(site, own)
  .map(({ isDue, sh }) => `if { ${isDue}; } >/dev/null 2>&1; then ${sh} || exit 1; fi`)
  .join('\n')}
${files.map(taken).join('\n')}
${packages.length > 0 ? removePackages(packages, own) : ':'}
${own.platform.commands.rereadUnits}
rmdir /usr/local/lib/nfsha 2>/dev/null
rm -rf --one-file-system /run/nfsha /run/nfsha.* /run/nfsha-play-upgraded /var/cache/apt/nfsha-play.lists-read
for p in ${home}/*; do [ "$p" = ${backup} ] || rm -rf --one-file-system "$p" || exit 1; done
rmdir ${backup} ${home} 2>/dev/null
echo "archive $archive"`

/** Removes what the tool installed on a node that is no longer part of the cluster. Throws `ApplyFailed`. */
export const removeFrom = async (
  nodes: ClusterNodes,
  state: NamedInstalled,
  files: FileFate[],
  packages: string[],
  site: Role[],
  own: Context,
): Promise<void> => {
  const { host } = state
  const result = await nodes.on(host).connection.run(removeScript(files, packages, site, own), { timeout: 900_000 })
  if (result.code !== 0) throw failedScript(`removing it from ${host}`, result, 'run the same command again to continue')
  for (const line of result.stdout.split('\n')) {
    const [, word, rest] = /^(archive|left:) ?(.*)$/.exec(line) ?? []
    if (word !== undefined) nodes.remark(`${host}: ${word === 'archive' ? `what was removed is in ${rest}` : `packages left: ${rest}`}`)
  }
  if (state.cron) nodes.remark(`${host}: /etc/cron.d/nfsha-play is still there: nfsha-play cron remove`)
}
