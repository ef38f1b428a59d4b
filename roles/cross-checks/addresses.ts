import type { Vars } from '../vars.ts'
import { type Conflict, type CrossCheck, type DeclaredCluster, shared } from './conflict.ts'
import { commonPrefix, isWithin, type Network, networkOf, notAHost, numberOf } from './ipv4.ts'

interface Used {
  host: string
  name: keyof Vars
  ip: string
  /** `node_service_ip of M1` */
  label: string
}

const nodeAddresses = ['node_service_ip', 'node_heartbeat_ip', 'node_drbd_ip'] as const

const ofNodes = ({ nodes }: DeclaredCluster): Used[] =>
  nodes.flatMap(({ host, vars }) =>
    nodeAddresses.flatMap(name => {
      const ip = vars[name]
      return ip === undefined ? [] : [{ host, name, ip, label: `${name} of ${host}` }]
    }),
  )

/** Addresses that belong to the cluster as a whole. */
const ofCluster = (cluster: DeclaredCluster): Used[] => {
  const one = (name: 'ha_vip' | 'heartbeat_ping' | 'failover_dead_client'): Used[] => {
    const found = shared(cluster, name)
    return found ? [found.value].flat().map(value => ({ host: found.host, name, ip: value.replace(/\/.*/, ''), label: name })) : []
  }
  return [...one('ha_vip'), ...one('heartbeat_ping'), ...one('failover_dead_client')]
}

const purposes: Partial<Record<keyof Vars, string>> = {
  ha_vip: 'the virtual IP must be a free address of the service network',
  heartbeat_ping: 'the ping node must be another machine: a node that pings itself always gets an answer',
  failover_dead_client: 'it must be a free address',
}

const unusable = (used: Used[]): Conflict[] =>
  used.flatMap(({ host, name, ip, label }) => {
    const why = notAHost(ip)
    return why ? [{ host, names: [name], message: `${label}: ${ip} ${why}` }] : []
  })

/** Every address has one owner. */
const doubles = (used: Used[]): Conflict[] =>
  used.flatMap(({ host, name, ip, label }, i) => {
    const owner = used.slice(0, i).find(other => other.ip === ip)
    if (!owner) return []
    const purpose = purposes[name]
    return [{ host, names: [name], message: `${label} is ${ip}, which is ${owner.label}${purpose ? `: ${purpose}` : ' too'}` }]
  })

/** The network given by the virtual IP's prefix. Undefined for a /31 or /32: such an address is routed to the node. */
const serviceNetwork = (cluster: DeclaredCluster): (Network & { host: string }) | undefined => {
  const vip = shared(cluster, 'ha_vip')
  const network = vip && networkOf(vip.value)
  return network && network.prefix <= 30 ? { ...network, host: vip.host } : undefined
}

const isEnd = (ip: string, { first, last }: Network): string | undefined =>
  ip === first ? 'the address of the network itself' : ip === last ? 'the broadcast address' : undefined

const inServiceNetwork = (cluster: DeclaredCluster): Conflict[] => {
  const network = serviceNetwork(cluster)
  if (!network) return []
  const shown = `${network.first}/${network.prefix}`
  if (network.prefix < 8)
    return [{ host: network.host, names: ['ha_vip'], message: `ha_vip: a prefix length of ${network.prefix} is too short for a network` }]
  const here = [...ofNodes(cluster).filter(u => u.name === 'node_service_ip'), ...ofCluster(cluster)]
  return here.flatMap(({ host, name, ip, label }): Conflict[] => {
    const end = isEnd(ip, network)
    if (end) return [{ host, names: [name], message: `${label}: ${ip} is ${end} in ${shown}, the network of ha_vip` }]
    if (isWithin(ip, network)) return []
    return [
      {
        host,
        names: [name],
        message: `${label}: ${ip} is outside the service network ${shown}, which is that of ha_vip ${network.address}/${network.prefix}`,
      },
    ]
  })
}

/** A direct cable connects two addresses of one network. The prefix is not declared, but no network is larger than a /8. */
const linksJoin = ({ nodes }: DeclaredCluster): Conflict[] => {
  const [one, two] = nodes
  if (!one || !two) return []
  return nodeAddresses.flatMap(name => {
    const [a, b] = [one.vars[name], two.vars[name]]
    if (a === undefined || b === undefined || commonPrefix(a, b) >= 8) return []
    return [
      { host: two.host, names: [name], message: `${name} of ${two.host} (${b}) and of ${one.host} (${a}) are not in the same network` },
    ]
  })
}

/** RFC 5771: 224.0.0.0/24 is for routing protocols and never forwarded to applications that join other groups. */
const multicastGroup = (cluster: DeclaredCluster): Conflict[] => {
  const group = shared(cluster, 'heartbeat_mcast')
  if (!group || (numberOf(group.value) >= numberOf('224.0.1.0') && numberOf(group.value) < numberOf('240.0.0.0'))) return []
  return [
    {
      host: group.host,
      names: ['heartbeat_mcast'],
      message: `heartbeat_mcast: ${group.value} is not a multicast group that an application may use`,
      hint: 'groups are 224.0.1.0 to 239.255.255.255',
    },
  ]
}

const exportNetwork = (cluster: DeclaredCluster): Conflict[] => {
  const found = shared(cluster, 'nfs_export_network')
  if (!found) return []
  const { address, prefix, first } = networkOf(found.value)
  const conflict = (message: string, hint?: string): Conflict[] => [
    { host: found.host, names: ['nfs_export_network'], message: `nfs_export_network: ${message}`, ...(hint && { hint }) },
  ]
  if (prefix < 8) return conflict(`${found.value} is larger than any single network`, 'name the network that the clients are on')
  const why = notAHost(address)
  if (why) return conflict(`${found.value} ${why}`)
  return address === first
    ? []
    : conflict(`${found.value} is an address within ${first}/${prefix}`, `write ${first}/${prefix}, or ${address}/32`)
}

/** A time server that is one of the nodes, or the active node, would only return its own time. */
const timeServers = (cluster: DeclaredCluster): Conflict[] => {
  const found = shared(cluster, 'base_time_servers')
  const own = [...ofNodes(cluster), ...ofCluster(cluster).filter(u => u.name === 'ha_vip')]
  return (found?.value ?? []).flatMap(ip => {
    const owner = own.find(u => u.ip === ip)
    return owner ? [{ host: found?.host ?? '', names: ['base_time_servers'], message: `base_time_servers: ${ip} is ${owner.label}` }] : []
  })
}

/** Using a NIC twice would put links that must fail independently on one cable. */
const nics: CrossCheck = ({ nodes }) =>
  nodes.flatMap(({ host, vars }, i) => {
    const same = nodes.slice(0, i).some(other => nicNames.every(name => other.vars[name] === vars[name]))
    return same ? [] : nicsOf(host, vars)
  })

const nicNames = ['node_service_nic', 'node_heartbeat_nic', 'node_drbd_nic'] as const

const nicsOf = (host: string, vars: Partial<Vars>): Conflict[] =>
  nicNames.flatMap((name, i): Conflict[] => {
    const nic = vars[name]
    if (nic === undefined) return []
    if (nic === 'lo') return [{ host, names: [name], message: `${name}: lo is the loopback interface` }]
    if (nic.length > 15) return [{ host, names: [name], message: `${name}: the name of a NIC has at most 15 characters` }]
    const other = nicNames.slice(0, i).find(earlier => vars[earlier] === nic)
    return other
      ? [
          {
            host,
            names: [name, other],
            message: `${name} and ${other} are both ${nic}: service, heartbeat and replication need one NIC each`,
          },
        ]
      : []
  })

export const addresses: CrossCheck = cluster => {
  const used = [...ofNodes(cluster), ...ofCluster(cluster)]
  const found = [...unusable(used), ...doubles(used)]
  // One error per address: an address that is already in conflict is not also reported as outside the network.
  const rest = [...inServiceNetwork(cluster), ...linksJoin(cluster)].filter(
    c => !found.some(f => f.host === c.host && f.names[0] === c.names[0]),
  )
  return [...found, ...rest, ...multicastGroup(cluster), ...exportNetwork(cluster), ...timeServers(cluster), ...nics(cluster)]
}
