import type { ClusterResource, HostResource, Judgement, Probe, Undo } from '../../lib/role-api/index.ts'
import { blocksOf, notRead, present, quote } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { answeringAddresses } from '../service/copies/copy.ts'
import { drbdConfigDir } from '../service/drbd/tools.ts'
import type { ServiceState } from '../service/state/state.ts'
import { parseService, serviceProbe } from '../service/state/state.ts'
import { diskScript, parseDisk } from './disk.ts'

/** The tool's own directory on a host. `writeFile` records there each file that it writes, with the content before the first write. */
export const home = '/var/lib/nfsha-play'
export const backup = `${home}/backup`

/** A file that was written on this host. */
export interface Noted {
  path: string
  /** There was another file before, which is kept. */
  replaced: boolean
}

/** A recorded file, and what is done with it. */
export interface FileFate extends Noted {
  fate: 'removed' | 'put back' | 'left'
}

/** What the tool has left on one node. */
export interface Installed extends ServiceState {
  noted: Noted[]
  /** Other files in the tool's directory: `served`, `replica`. */
  marks: string[]
  /** The entries of `undosOf` that are due. */
  due: Pick<Undo, 'what' | 'from' | 'to'>[]
  /** Files that we only edited: the present text, and the text before the first edit. */
  edited: Record<string, { now: string; was: string }>
  /** IPv4 addresses with a TCP connection to nfsd. */
  connected: string[]
  /** Addresses at which the other node answers: `172.16.0.211 over em2`. Read only with `uninstall_without`. */
  answers: string[]
  /** The runner's own cron jobs are on this node. */
  cron: boolean
  /** The content of the disk below DRBD; read only if a disk is to be wiped. */
  disk: Judgement | undefined
}

export type NamedInstalled = Installed & { host: string }

const changeable = (site: Role[], context: Context): (HostResource | ClusterResource)[] => {
  const all = site.flatMap(role => role.steps(context)).filter(r => !r.assertion && 'apply' in r) as (HostResource | ClusterResource)[]
  return [...new Map(all.map(r => [r.id, r])).values()]
}

/**
 * Pure: the changes other than files that the roles make on a node, and how to undo them. That of the heartbeat service is left out:
 * without its configuration heartbeat must not start at boot.
 */
export const undosOf = (site: Role[], context: Context): Undo[] => {
  const heartbeat = `service ${context.platform.services.heartbeat}`
  const all = changeable(site, context).flatMap(r => (r.id === heartbeat ? [] : (r.undo ?? [])))
  return [...new Map(all.map(u => [`${u.what} ${u.to}`, u])).values()]
}

/** Pure: files that we only edit, with all edits. */
export const editsOf = (site: Role[], context: Context): Map<string, ((text: string) => string)[]> => {
  const found = new Map<string, ((text: string) => string)[]>()
  for (const resource of changeable(site, context)) {
    const edits = resource.scope === 'host' ? resource.edits : undefined
    if (edits) found.set(edits.path, [...(found.get(edits.path) ?? []), edits.edit])
  }
  return found
}

/**
 * Pure: whether a recorded file belongs to the site's roles: declared by them, or below the cluster's directories. Others belong to the
 * user's own roles.
 */
export const isOurs = (site: Role[], context: Context): ((path: string) => boolean) => {
  const declared = new Set(changeable(site, context).flatMap(r => /^(?:file|drop-in) (\/.*)$| in (\/.*)$/.exec(r.id)?.slice(1) ?? []))
  const below = [`${context.platform.paths.haDir}/`, `${drbdConfigDir(context)}/`]
  return path => declared.has(path) || path.includes('nfsha') || below.some(directory => path.startsWith(directory))
}

const noteOf = (path: string): string => quote(`${backup}/${path.replaceAll('/', '%')}`)

const installedScript = (site: Role[], context: Context): string => {
  const { vars } = context
  const edits = [...editsOf(site, context).keys()]
  return `${serviceProbe(context).sh}
echo "@noted"; for f in ${backup}/*; do if [ -s "$f" ]; then echo "replaced \${f##*/}"; elif [ -f "$f" ]; then echo "new \${f##*/}"; fi; done
echo "@marks"; for f in ${home}/*; do [ ! -e "$f" ] || echo "\${f##*/}"; done
echo "@cron"; [ ! -e /etc/cron.d/nfsha-play ] || echo yes
echo "@connected"; awk '$2 ~ /:0801$/ && $4 == "01" { print $3 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
${vars.uninstall_without === undefined ? '' : `echo "@peer-answers"; ${answeringAddresses(context)}\n`}echo "@due"
${undosOf(site, context)
  .map(({ isDue }, i) => `{ ${isDue}; } >/dev/null 2>&1 && echo ${i}`)
  .join('\n')}
${edits.map((path, i) => `echo "@now-${i}"; sed 's/^/|/' ${quote(path)} 2>/dev/null\necho "@was-${i}"; sed 's/^/|/' ${noteOf(path)} 2>/dev/null`).join('\n')}
${vars.drbd_wipe === undefined ? '' : `(\n${diskScript(vars)}\n)\n`}echo "@installed"; echo read`
}

const linesOf = (text = ''): string[] => text.split('\n').filter(l => l !== '')
const barred = (text = ''): string => text.replace(/^\|/gm, '').replace(/(.)$/, '$1\n')

/**
 * Pure: `32006AC0:03E9`, the bytes of the address in reverse order (proc_net_tcp.txt); in an IPv4-mapped IPv6 address the last four count.
 */
const addressOf = (text: string): string =>
  (text.replace(/:.*/, '').slice(-8).match(/../g) ?? [])
    .reverse()
    .map(byte => Number.parseInt(byte, 16))
    .join('.')

/** Pure. */
export const parseInstalled = (stdout: string, site: Role[], context: Context): Installed => {
  const { vars } = context
  const blocks = blocksOf(stdout)
  const undos = undosOf(site, context)
  return {
    ...parseService(stdout, vars),
    noted: linesOf(blocks.noted).flatMap(line => {
      const [, how, name = ''] = /^(new|replaced) (%.*)$/.exec(line) ?? []
      return how === undefined ? [] : [{ path: name.replaceAll('%', '/'), replaced: how === 'replaced' }]
    }),
    marks: linesOf(blocks.marks).filter(name => !/^(backup|jobs)$|^view\./.test(name)),
    due: linesOf(blocks.due).flatMap(i => undos[Number(i)] ?? []),
    edited: Object.fromEntries(
      [...editsOf(site, context).keys()].map((path, i) => [path, { now: barred(blocks[`now-${i}`]), was: barred(blocks[`was-${i}`]) }]),
    ),
    connected: [...new Set(linesOf(blocks.connected).map(addressOf))],
    answers: linesOf(blocks['peer-answers']),
    cron: linesOf(blocks.cron).includes('yes'),
    disk: parseDisk(stdout),
  }
}

export const installedProbe = (site: Role[], context: Context): Probe<Installed> => ({
  sh: installedScript(site, context),
  timeout: context.vars.drbd_wipe === undefined ? 60_000 : 660_000,
  parse: ({ stdout }) =>
    blocksOf(stdout).installed?.trim() === 'read' ? present(parseInstalled(stdout, site, context)) : notRead('incomplete output'),
})
