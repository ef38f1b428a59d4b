import { fieldSecret } from '../../lib/role-api/index.ts'
import { Vars } from '../vars.ts'
import type { CrossCheck } from './conflict.ts'

/** Variables that may differ between the nodes, besides those that begin with `node_`. */
const perNode = [
  'base_clock_offset',
  'base_firewall',
  'base_time_servers',
  'base_yum_repositories',
  'drbd_build_kernel_tree',
  'drbd_disk',
  'drbd_init_lvm',
  'ha_space_limit',
  'client_mount',
  'client_options',
  'heartbeat_stonith',
  'heartbeat_stonith_secret',
]

const shown = (value: unknown): string => (value === undefined ? 'not set' : typeof value === 'string' ? value : JSON.stringify(value))

/**
 * All other variables describe the pair and are read from the first node: a different value on the second would be ignored or half used.
 */
export const sameOnBoth: CrossCheck = ({ nodes }) => {
  const [one, two] = nodes
  if (!one || !two) return []
  const names = Object.keys(Vars.shape) as (keyof Vars)[]
  return names
    .filter(name => !name.startsWith('node_') && !perNode.includes(name))
    .filter(name => name in one.vars && name in two.vars && shown(one.vars[name]) !== shown(two.vars[name]))
    .map(name => {
      const secret = fieldSecret(Vars.shape[name])
      const values = secret ? '' : `: ${shown(one.vars[name])} on ${one.host}, ${shown(two.vars[name])} on ${two.host}`
      return {
        host: two.host,
        names: [name],
        message: `${name} differs between the nodes${values}`,
        hint: 'set it for the group of both nodes',
      }
    })
}
