import type { Cluster } from '../../lib/role-api/index.ts'
import { firstOf, vipAddress } from '../role.ts'
import { serverScope } from '../service/nfs/scope.ts'
import type { Vars } from '../vars.ts'

/**
 * Pure: the names that both nodes must resolve without DNS. With NFS version 3 also the virtual IP: sm-notify sends nothing from an address
 * that has no name.
 */
export const namesOf = (cluster: Cluster<Vars>): { ip: string; name: string }[] => {
  const { vars } = firstOf(cluster)
  return [
    ...cluster.nodes.map(n => ({ ip: n.vars.node_service_ip, name: n.vars.node_name })),
    ...(vars.nfs_v3 ? [{ ip: vipAddress(vars), name: serverScope(vars) }] : []),
  ]
}

/**
 * Pure: the text of /etc/hosts with each node's name at its service address and nowhere else (Debian's installer puts it at 127.0.1.1).
 * Other lines and names are kept.
 */
export const withHosts = (text: string, nodes: { ip: string; name: string }[]): string => {
  const names = new Set(nodes.map(n => n.name))
  const kept = text.split('\n').flatMap(line => {
    const [body = '', ...comment] = line.split('#')
    const [ip, ...aliases] = body.trim().split(/\s+/)
    if (!ip || !aliases.some(a => names.has(a))) return [line]
    const right = nodes.find(n => n.ip === ip)
    if (right && aliases.filter(a => names.has(a)).every(a => a === right.name)) return [line]
    const rest = aliases.filter(a => !names.has(a))
    return rest.length === 0 ? [] : [`${ip} ${rest.join(' ')}${comment.length > 0 ? ` #${comment.join('#')}` : ''}`]
  })
  const has = ({ ip, name }: { ip: string; name: string }) =>
    kept.some(line => {
      const [first, ...aliases] = (line.split('#')[0] ?? '').trim().split(/\s+/)
      return first === ip && aliases.includes(name)
    })
  const missing = nodes.filter(n => !has(n)).map(n => `${n.ip} ${n.name}`)
  if (missing.length === 0) return kept.join('\n')
  const head = kept.join('\n')
  return `${head === '' || head.endsWith('\n') ? head : `${head}\n`}${missing.join('\n')}\n`
}
