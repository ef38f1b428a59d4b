import type { Change, ClusterAssertion, ExportEntry, Member, Platform } from '../../../lib/role-api/index.ts'
import {
  blocksOf,
  clusterAssertion,
  differsBy,
  inSync,
  notRead,
  parseExports,
  present,
  probeOf,
  simple,
  statesOf,
} from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { exportOptions, exportTable } from '../nfs/exports.ts'
import { serverScope } from '../nfs/scope.ts'
import { showFile } from '../read-file.ts'
import { addresses, hostName } from '../sources.ts'

/** What one node offers to clients, according to its files and its running services. */
export interface Offer {
  nfsd: boolean
  exports: (ExportEntry & { file: string })[]
  /** entries of the export table, `/data 192.168.0.0/24` */
  inForce: string[]
  /** addresses that heartbeat manages, according to its files */
  managed: string[]
  /** addresses that this node has now */
  addresses: string[]
  /** The scope that nfsd returns: the resource script's setting, or the host name, which is the kernel's default. */
  scope: string | undefined
  version3: boolean
}

const offerScript = ({ paths }: Platform): string => `${showFile}
echo "@nfsd"; t=0; { read -r t < /proc/fs/nfsd/threads; } 2>/dev/null; echo "\${t:-0}"
echo "@versions"; [ "\${t:-0}" -gt 0 ] && show /proc/fs/nfsd/versions
echo "@etab"; ${exportTable}
echo "@files"; for f in /etc/exports /etc/exports.d/*.exports; do [ -r "$f" ] && { echo "== $f"; show "$f"; echo; }; done
echo "@resources"; show ${paths.haDir}/haresources
echo "@settings"; show ${paths.haDir}/nfsha.conf`

/** Pure. */
export const parseOffer = (stdout: string): Offer => {
  const blocks = blocksOf(stdout)
  const settings = Object.fromEntries([...(blocks.settings ?? '').matchAll(/^(NFSHA_\w+)=(.*)$/gm)].map(m => [m[1], m[2]]))
  const resources = (blocks.resources ?? '').replace(/#.*/g, '')
  const nfsd = Number((blocks.nfsd ?? '').trim() || 0) > 0
  const named = [...resources.matchAll(/(?:^|\s)(?:IPaddr2?::)?(\d+\.\d+\.\d+\.\d+)(?=[/\s]|$)/gm)].map(m => m[1] ?? '')
  return {
    nfsd,
    exports: (blocks.files ?? '').split(/^== /m).flatMap(part => {
      const [file = '', ...lines] = part.split('\n')
      return parseExports(lines.join('\n')).map(entry => ({ ...entry, file }))
    }),
    inForce: parseExports(blocks.etab ?? '').map(e => `${e.path} ${e.client}`),
    managed: [...new Set([...named, ...(/\bnfsha\b/.test(resources) && settings.NFSHA_VIP ? [settings.NFSHA_VIP] : [])])],
    addresses: [...(blocks.addresses ?? '').matchAll(/ inet ([\d.]+)\//g)].map(m => m[1] ?? ''),
    scope: settings.NFSHA_SCOPE ?? (nfsd ? (blocks.host ?? '').trim() : undefined),
    version3: /\+3\b/.test(blocks.versions ?? ''),
  }
}

/** exports(5): the options that a client notices, with defaults filled in. */
const noticed = (options: string[]): Record<string, string> => {
  const value = (name: string) => options.findLast(o => o.startsWith(`${name}=`))?.slice(name.length + 1)
  const has = (...names: string[]) => options.findLast(o => names.includes(o)) ?? names[0] ?? ''
  return {
    fsid: value('fsid') ?? 'none',
    squash: `${has('root_squash', 'no_root_squash')} ${has('no_all_squash', 'all_squash')}`,
    'anonymous user': `${value('anonuid') ?? '65534'}:${value('anongid') ?? '65534'}`,
    access: has('ro', 'rw'),
    security: value('sec') ?? 'sys',
  }
}

/** The active configuration of a serving node counts; if no node serves, that of the files. */
const serving = (offers: Offer[], isServing: (o: Offer) => boolean): Offer[] => {
  const now = offers.filter(isServing)
  return now.length > 0 ? now : offers
}

const exportBreaks = (offers: Offer[], vars: Vars, ours: string): Change[] => {
  const wanted = noticed(exportOptions(vars))
  return serving(offers, o => o.nfsd).flatMap(offer =>
    offer.exports
      .filter(e => !offer.nfsd || offer.inForce.includes(`${e.path} ${e.client}`))
      .flatMap(({ path, client, options, file }) => {
        if (path === vars.nfs_export_path && client === vars.nfs_export_network) {
          const now = noticed(options)
          return Object.keys(wanted).flatMap(key =>
            now[key] === wanted[key] ? [] : [{ attribute: `${key} of ${path}`, from: now[key] ?? '', to: wanted[key] ?? '' }],
          )
        }
        // Other lines stay. If the platform has no drop-in directory, our line in /etc/exports is recognised by its path.
        const isOurs = file === ours && (file !== '/etc/exports' || path === vars.nfs_export_path)
        return isOurs ? [{ attribute: `export of ${path} to ${client}`, from: 'there', to: 'gone' }] : []
      }),
  )
}

const addressBreaks = (offers: Offer[], vars: Vars): Change[] => {
  const relied = serving(offers, o => o.managed.some(ip => o.addresses.includes(ip))).flatMap(o => o.managed)
  if (relied.length === 0 || relied.includes(vipAddress(vars))) return []
  return [{ attribute: 'virtual IP', from: [...new Set(relied)].join(', '), to: vipAddress(vars) }]
}

const serverBreaks = (offers: Offer[], vars: Vars): Change[] => {
  if (vars.ha_stack === 'article') return []
  const at = serving(offers, o => o.nfsd)
  const scopes = [...new Set(at.flatMap(o => o.scope ?? []))].filter(scope => scope !== serverScope(vars))
  return [
    ...scopes.map(from => ({ attribute: 'server scope', from, to: serverScope(vars) })),
    ...(at.some(o => o.version3) && !vars.nfs_v3 ? [{ attribute: 'NFS version 3', from: 'served', to: 'not served' }] : []),
  ]
}

/** Pure: every change to the declared configuration that would break a client that has the share mounted now. */
export const clientBreaks = (offers: Offer[], vars: Vars, ours: string): Change[] => {
  const all = [...exportBreaks(offers, vars, ours), ...addressBreaks(offers, vars), ...serverBreaks(offers, vars)]
  return all.filter((c, i) => all.findIndex(o => o.attribute === c.attribute && o.from === c.from) === i)
}

/**
 * Runs before the first change that mounted clients would notice: file handles contain the fsid, state is reclaimed only from a known
 * scope, and a mount names address and path. An edit that was never activated does not count: reverting it affects no client.
 */
export const mountedClients = ({ vars, platform }: Context): ClusterAssertion<Offer> =>
  clusterAssertion('compatibility with mounted clients', {
    shared: true,
    allowMissing: true,
    gate: 'disturbs mounted clients: a run needs -e accept_client_break=yes',
    probe: probeOf([simple(offerScript(platform)), '@addresses\n', addresses, '@host\n', hostName], ({ stdout }) =>
      blocksOf(stdout).host === undefined ? notRead('incomplete output') : present(parseOffer(stdout)),
    ),
    compare: (members: Member<Offer>[]) =>
      vars.accept_client_break ? inSync : differsBy(clientBreaks(statesOf(members), vars, platform.paths.exports)),
  })
